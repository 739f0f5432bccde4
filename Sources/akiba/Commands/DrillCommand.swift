import ArgumentParser
import Files
import Primitives
import Recovery
import Repositories
import Status
import SystemPackage

struct DrillCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract: "Restore everything from a location into a scratch folder, prove it, and keep the evidence.",
    discussion: """
      The location alone serves: no other one, nothing of this host. Every file is proven; then, run by root, a CouchDB is started on the copy \
      (the deployment's own image, without a network, or --couchdb) and compared with the files. The scratch copy is removed; a record \
      and two pages stay on this host and go to every location. Production is not touched.

      Interrupted, the same command goes on. A fault can be planted, to see the drill fail.

      Exit codes: 0 passed; 1 failed, or ended red as rehearsed; 2 a planted fault was not noticed; 3 stopped because its hours were over.

      Examples: sudo akiba drill --all
                sudo akiba drill --location usb --scratch /mnt/big
                sudo akiba drill --location usb --rehearse-failure missing-shard
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var options: DrillOptions
  @OptionGroup var output: OutputOptions

  @Option(name: [.long, .customShort("l")], help: ArgumentHelp("The location to drill, by name; may be repeated.", valueName: "name"))
  var location: [String] = []

  @Flag(help: "Drill every location, one after the other.")
  var all = false

  func validate() throws {
    if all, !location.isEmpty { throw ValidationError("--all and --location exclude each other") }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configurationOptions.read()
    guard let window = options.window.flatMap(DrillWindow.init) else { return try await drill(configuration, console) }
    guard let left = window.left(at: DrillWindow.now) else { return closed(console, "outside of --window: nothing was begun") }
    return try await within(.seconds(left * 60), console) { try await drill(configuration, console) }
  }

  /// Stops the work cleanly when the time is over.
  private func within(_ time: Duration, _ console: Console, _ work: @escaping @Sendable () async throws -> ExitStatus) async throws
    -> ExitStatus
  {
    try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
      group.addTask { try await work() }
      group.addTask {
        try await Task.sleep(for: time)
        return nil
      }
      defer { group.cancelAll() }
      if let status = try await group.next(), let status { return status }
      group.cancelAll()
      do { while let next = try await group.next() { if let next { return next } } } catch is CancellationError {}
      return closed(console, "the hours of --window are over: the same command goes on")
    }
  }

  private func closed(_ console: Console, _ words: String) -> ExitStatus {
    console.emit(StoppedEvent(reason: words))
    console.warn(words)
    return .partial
  }

  private func drill(_ configuration: Configuration, _ console: Console) async throws -> ExitStatus {
    Priority.yieldToOthers()
    _ = DescriptorLimit.raise()
    let evidence = Evidence(configuration: configuration, console: console)
    let turn = try DrillTurn(configuration)
    let parent = options.scratch.map { Environment.absolute($0) } ?? configuration.drill.scratch ?? configuration.stateFolder
    let scratch = try DrillScratch(in: parent, for: configuration)
    defer {
      scratch.removeFolder()
      turn.end()
    }
    let targets = Self.inOrder(try targets(in: configuration), scratch.journal(), evidence.records())
    try await turn.move(to: scratch.folder)
    var status = ExitStatus.success
    for target in targets {
      let records = evidence.records()
      let keys = DrillKeys(configuration: configuration, recoveryKey: options.recoveryKey.map { Environment.absolute($0) })
      let drill = Drill(
        configuration: configuration, location: target, options: options, scratch: scratch,
        key: try keys.next(for: target.name, after: records), console: console)
      do {
        let record = try await drill.run(after: records)
        await conclude(record, of: target, scratch, evidence, configuration, console)
        status = Self.worse(status, Self.status(of: record))
      } catch is DrillAway {
        console.note("location '\(target.name)' is away, as agreed, and is not drilled")
        if !all { status = Self.worse(status, .partial) }
      }
    }
    return status
  }

  /// The one that was interrupted comes first, then those not drilled for longest: hours that are too short for all serve all in turn.
  private static func inOrder(
    _ targets: [Configuration.Location], _ journal: DrillScratch.Journal?, _ records: [DrillRecord]
  ) -> [Configuration.Location] {
    func last(_ location: Configuration.Location) -> String {
      if journal?.location == location.address { return "" }
      return records.last { $0.location.name == location.name && $0.rehearsal == nil }?.started ?? " "
    }
    return targets.enumerated().sorted { (last($0.element), $0.offset) < (last($1.element), $1.offset) }.map(\.element)
  }

  /// What is known is remembered first; that something of it fails stops nothing of the rest.
  private func conclude(
    _ record: DrillRecord, of location: Configuration.Location, _ scratch: DrillScratch, _ evidence: Evidence,
    _ configuration: Configuration,
    _ console: Console
  ) async {
    remember(record, of: location, configuration, console)
    var file: FilePath?
    do { file = try await evidence.keep(record) } catch {
      console.warn("the evidence could not be kept: \((error as? any Explainable)?.summary ?? "\(error)")")
    }
    do { if options.keep { try scratch.spend() } else { try scratch.clear() } } catch {
      console.warn(
        "the scratch copy in '\(scratch.folder)' could not be removed: \((error as? any Explainable)?.summary ?? "\(error)")",
        hint: "it holds patients' data: remove it; the next drill tries to")
    }
    show(record, file, console)
  }

  private func targets(in configuration: Configuration) throws -> [Configuration.Location] {
    if all { return configuration.locations }
    if !location.isEmpty { return try location.map(configuration.location(named:)) }
    guard configuration.locations.count > 1 else { return configuration.locations }
    throw DrillError(
      summary: "which location? it has: \(configuration.locations.map(\.name).joined(separator: ", "))",
      hints: ["name one with --location NAME, or drill every one with --all"])
  }

  /// A rehearsal says nothing of the location.
  private func remember(_ record: DrillRecord, of location: Configuration.Location, _ configuration: Configuration, _ console: Console) {
    guard record.rehearsal == nil else { return }
    let kind: Proof.Kind = record.serverProof?.passed != nil ? .server : .drill
    configuration.remember(
      Proof(kind, at: Environment.now.seconds, passed: record.result == .passed, snapshot: record.snapshot?.id), of: location.address,
      console)
  }

  private func show(_ record: DrillRecord, _ file: FilePath?, _ console: Console) {
    console.emit(DrillEvent(record: record, evidence: file?.string))
    let page = file.map { "; evidence: " + $0.string.dropLast(".json".count) + ".html" } ?? ""
    console.say("\(record.location.name): \(DrillPage.verdict(of: record))\(page)")
    if let snapshot = record.snapshot, record.offlineProof != nil {
      console.say(
        "  snapshot \(snapshot.id.prefix(8)), \(Age(seconds: snapshot.age)) old (RPO); restored in \(Wording.duration(.seconds(record.recoveryTime))) (RTO)"
          + (record.key.map { ", with the \($0.role.rawValue) key" } ?? ""))
    }
    if let proof = record.serverProof, proof.passed == nil { console.say("  server proof: not run: \(proof.reason ?? "")") }
    if let rehearsal = record.rehearsal {
      console.say("  rehearsed: \(rehearsal.words); \(record.result == .rehearsed ? "it was found, as it had to be" : "IT WAS NOT FOUND")")
    }
  }

  private static func status(of record: DrillRecord) -> ExitStatus {
    switch record.result {
    case .passed: .success
    case .failed, .rehearsed: .failure
    case .unnoticed: .critical
    }
  }

  private static func worse(_ one: ExitStatus, _ other: ExitStatus) -> ExitStatus { one.rawValue > other.rawValue ? one : other }
}

private struct DrillEvent: Encodable {
  let type = "drill"
  let record: DrillRecord
  /// The record's file.
  let evidence: String?
}

private struct StoppedEvent: Encodable {
  let type = "drill-stopped"
  let reason: String
}
