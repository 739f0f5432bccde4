import Deployments
import ArgumentParser
import Primitives
import Repositories
import Stores

struct PruneCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove snapshots that the policy does not keep, and free the space only they needed.",
    discussion: """
      Each location has its own policy, 'keep' in the configuration; without one, no snapshot is removed. Whatever a policy says, pinned \
      snapshots stay, the last proven one, the newest that is not marked, those with an absurd time, and what others wrote. A location that \
      lets nothing be removed is skipped.
      """)

  @Argument(help: ArgumentHelp("Locations, by their names in the configuration (default: all).", valueName: "location"))
  var locations: [String] = []

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var keeping: KeepOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Only show what would be removed, why the rest stays, and what it would free.")
  var dryRun = false

  @Option(
    name: .customLong("forget"), parsing: .upToNextOption,
    help: ArgumentHelp("Remove these snapshots too, by the first digits of their ids.", valueName: "id"))
  var forgotten: [String] = []

  @Option(help: ArgumentHelp("Move at most so much into new packs, such as '2 GB'; the rest waits for the next run.", valueName: "size"))
  var maxRepack: ByteAmount?

  @Option(help: ArgumentHelp("Leave so much unused space in packs.", valueName: "percent"))
  var maxUnused = 5.0

  @Option(help: ArgumentHelp("Wait so long for another program's lock on a repository.", valueName: "seconds"))
  var wait = 0

  func validate() throws {
    guard (0..<100).contains(maxUnused) else {
      throw ValidationError("--max-unused takes a percentage from 0 to below 100, not \(maxUnused)")
    }
    if repository.repository != nil, !locations.isEmpty { throw ValidationError("--repository and locations exclude each other") }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    if repository.repository != nil {
      let copy = try await Opening.one(repository, console)
      return try await run(
        [LocationPrune(copy, name: nil, settings(Retention.Wishes(), try await named(in: [copy])))], status: .success, console)
    }
    let configuration = try repository.configuration.read()
    let wanted = try wantedLocations(configuration)
    let (copies, failures) = try await Opening.all(configuration, keyFile: repository.keyFile) { console.note($0) }
    let unreached = failures.filter { wanted.contains($0.location.name) }
    for failure in unreached {
      console.emit(PruneEvent(location: failure.location.name, name: failure.location.name, skipped: failure.summary))
      failure.show(on: console, "is not pruned")
    }
    let chosen = copies.filter { wanted.contains(configuration.name(of: $0.address)) }
    let forgotten = try await named(in: chosen)
    let records = configuration.records(console)
    let prunes = chosen.map { copy in
      LocationPrune(
        copy, name: configuration.name(of: copy.address), settings(configuration.wishes(at: copy.address, records), forgotten))
    }
    if prunes.isEmpty, let first = unreached.first { throw first.error }
    return try await run(prunes, status: unreached.areAllExpected ? .success : .partial, console)
  }

  private func wantedLocations(_ configuration: Configuration) throws -> Set<String> {
    let names = configuration.locations.map(\.name)
    let wanted = locations + [repository.location].compactMap { $0 }
    if let unknown = wanted.first(where: { !names.contains($0) }) {
      throw LocationError(
        summary: "no location '\(unknown)' in configuration '\(configuration.path)'", hints: ["it has: \(names.joined(separator: ", "))"])
    }
    return Set(wanted.isEmpty ? names : wanted)
  }

  private func settings(_ wishes: Retention.Wishes, _ forgotten: Set<ContentID>) -> LocationPrune.Settings {
    var limits = PruneLimits()
    limits.maxUnused = .percent(maxUnused)
    limits.maxRewritten = maxRepack?.bytes
    var wishes = wishes
    wishes.policy = keeping.policy ?? wishes.policy
    wishes.forgotten = forgotten
    return LocationPrune.Settings(wishes: wishes, limits: limits, isDryRun: dryRun, wait: .seconds(wait))
  }

  /// The snapshots of `--forget`; each has to be at one location at least.
  private func named(in copies: [Repository]) async throws -> Set<ContentID> {
    guard !forgotten.isEmpty else { return [] }
    var found: [String: ContentID] = [:]
    for copy in copies {
      let list = try await copy.snapshots()
      for text in forgotten {
        guard text.allSatisfy(\.isHexDigit) else {
          throw LocationError(summary: "--forget takes ids, not '\(text)'", hints: ["'akiba snapshots' shows them"])
        }
        do { found[text] = try list.snapshot(matching: text, in: copy.address).id } catch let error as RepositoryError
          where error.kind == .notFound
        {}
      }
    }
    if let missing = forgotten.first(where: { found[$0] == nil }) {
      throw LocationError(summary: "no snapshot '\(missing)' at any location", hints: ["'akiba snapshots' shows all ids"])
    }
    return Set(found.values)
  }

  /// One after another: each is locked for as short as may be.
  private func run(_ prunes: [LocationPrune], status: ExitStatus, _ console: Console) async throws -> ExitStatus {
    var status = status
    for prune in prunes {
      do {
        try await prune.run(console)
      } catch {
        if error is CancellationError || (prunes.count == 1 && error is RepositoryError) { throw error }
        if !prune.report(error, console) { status = .failure } else if status == .success { status = .partial }
      }
    }
    return status
  }
}
