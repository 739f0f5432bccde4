import Files
import ArgumentParser
import Repositories
import Status
import Stores

struct CheckCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the repository itself, at one location or at all.",
    discussion: """
      Without options: every index, pack size, snapshot, key, folder and file length, and what other locations have. With --read-data \
      every byte is read, decrypted and compared with its name. 'akiba repair' heals what this finds.
      """)

  @OptionGroup var repository: ReadingOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Read all packs.")
  var readData = false

  @Option(help: ArgumentHelp("Read part n of t of the packs; all t parts together are everything.", valueName: "n/t"))
  var readDataSubset: String?

  @Flag(help: "Read everything and compare it with its name, without any key: for who keeps a disk and may not read what is on it.")
  var keyless = false

  func validate() throws {
    _ = try dataToRead
    if keyless, repository.kit != nil { throw ValidationError("--keyless needs no key, so no kit: name the --repository") }
    if keyless, readData || readDataSubset != nil { throw ValidationError("--keyless reads everything: leave --read-data out") }
  }

  private var dataToRead: DataToRead {
    get throws {
      guard let readDataSubset else { return readData ? .all : .none }
      let parts = readDataSubset.split(separator: "/").compactMap { Int($0) }
      guard parts.count == 2, parts[1] >= 1, (1...parts[1]).contains(parts[0]), parts[1] <= 256 else {
        throw ValidationError("--read-data-subset takes n/t such as 1/7, with n from 1 to t and t up to 256, not '\(readDataSubset)'")
      }
      return .subset(part: parts[0], of: parts[1])
    }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    if keyless { return try await checkWithoutKey(console) }
    let configuration = try repository.configuration()
    guard let configuration, repository.repository.location == nil else {
      return try await check(try await Opening.one(repository, console), siblings: [], configuration, console) ? .success : .failure
    }
    let (copies, failures) = try await Opening.family(configuration, keyFile: repository.repository.keyFile) { console.note($0) }
    var isSound = true
    for copy in copies {
      let siblings = copies.map(\.store).filter { $0.address != copy.address }
      isSound = try await check(copy, siblings: siblings, configuration, console) && isSound
    }
    for failure in failures { failure.show(on: console, "was not checked") }
    return isSound ? failures.areAllExpected ? .success : .partial : .failure
  }

  /// - Parameter configuration: that names the copy's location; there what came of it is remembered.
  private func check(
    _ copy: Repository, siblings: [any BlobStore], _ configuration: Configuration?, _ console: Console
  ) async throws -> Bool {
    let progress = LatestProgress()
    let dataToRead = try dataToRead
    let clock = ContinuousClock()
    let start = clock.now
    let check = RepositoryCheck(copy, siblings: siblings, reading: dataToRead) { progress.set($0) }
    let report = try await StatusReporter(console: console).during({ progress.lines(after: $0) }) {
      try await console.withReadLock(on: copy) { try await check.run() }
    }
    for finding in report.findings { console.show(finding, in: copy.address) }
    console.emit(CheckEvent(copy, report, seconds: (clock.now - start).seconds))
    let read = report.packsRead > 0 ? ", \(report.packsRead) packs (\(Wording.bytes(report.bytesRead))) read" : ""
    let name = configuration?.name(of: copy.address)
    console.say(
      "\(report.isSound ? "no errors" : "ERRORS") in \(name.map { "location '\($0)', " } ?? "")'\(copy.address)': "
        + "\(Wording.count(report.snapshots, "snapshot")), \(report.trees) folders, \(report.blobs) blobs in \(report.packs) packs\(read), "
        + Wording.duration(clock.now - start))
    let proof = Proof(dataToRead == .all ? .data : .structure, at: Environment.now.seconds, passed: report.isSound)
    configuration?.remember(proof, of: copy.address, console)
    return report.isSound
  }

  // MARK: Without a key

  private func checkWithoutKey(_ console: Console) async throws -> ExitStatus {
    let repository = repository.repository
    if let address = repository.repository {
      let store = try LocationArgument(address, unnamed: "repository").location().store { console.note($0) }
      return try await checkWithoutKey(store, siblings: [], name: nil, console) ? .success : .failure
    }
    let configuration = try repository.configuration.read()
    let locations = try repository.location.map { [try configuration.location(named: $0)] } ?? configuration.locations
    let stores = try configuration.locations.map { try $0.store { console.note($0) } }
    var isSound = true
    var isComplete = true
    for location in locations {
      guard let store = stores.first(where: { $0.address == location.address }) else { continue }
      do {
        let siblings = stores.filter { $0.address != store.address }
        isSound = try await checkWithoutKey(store, siblings: siblings, name: location.name, console) && isSound
      } catch let error as StoreError where locations.count > 1 {
        console.warn("location '\(location.name)' was not checked: \(error.summary)", hint: error.hints.first)
        isComplete = false
      }
    }
    return isSound ? isComplete ? .success : .partial : .failure
  }

  private func checkWithoutKey(_ store: any BlobStore, siblings: [any BlobStore], name: String?, _ console: Console) async throws -> Bool {
    let progress = LatestProgress()
    let clock = ContinuousClock()
    let start = clock.now
    let check = KeylessCheck(store, siblings: siblings) { progress.set($0) }
    let report = try await StatusReporter(console: console).during({ progress.lines(after: $0) }) { try await check.run() }
    for finding in report.findings { console.show(finding, in: store.address) }
    console.emit(KeylessCheckEvent(store.address, report, seconds: (clock.now - start).seconds))
    console.say(
      "\(report.isSound ? "no errors" : "ERRORS") in \(name.map { "location '\($0)', " } ?? "")'\(store.address)': "
        + "\(Wording.count(report.objects, "object")) (\(Wording.bytes(report.bytesRead))) read and compared with their names, "
        + Wording.duration(clock.now - start))
    return report.isSound
  }
}
