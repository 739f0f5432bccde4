import Files
import ArgumentParser
import Primitives
import Repositories
import Status
import Synchronization

struct CheckCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the repository itself, at one location or at all.",
    discussion: """
      Without options: every index, pack size, snapshot, folder and file length. With --read-data every byte is read, decrypted and \
      compared with its name.
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Read all packs.")
  var readData = false

  @Option(help: ArgumentHelp("Read part n of t of the packs; all t parts together are everything.", valueName: "n/t"))
  var readDataSubset: String?

  func validate() throws { _ = try dataToRead }

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
    guard repository.repository == nil, repository.location == nil else {
      let configuration = repository.repository == nil ? try repository.configuration.read() : nil
      return try await check(try await Opening.one(repository, console), configuration, console) ? .success : .failure
    }
    let configuration = try repository.configuration.read()
    let (copies, failures) = try await Opening.all(configuration, keyFile: repository.keyFile) { console.note($0) }
    var isSound = true
    for copy in copies { isSound = try await check(copy, configuration, console) && isSound }
    for failure in failures { failure.show(on: console, "was not checked") }
    return isSound ? failures.areAllExpected ? .success : .partial : .failure
  }

  /// - Parameter configuration: that names the copy's location; there what came of it is remembered.
  private func check(_ copy: Repository, _ configuration: Configuration?, _ console: Console) async throws -> Bool {
    let progress = LatestProgress()
    let dataToRead = try dataToRead
    let clock = ContinuousClock()
    let start = clock.now
    let check = RepositoryCheck(copy, reading: dataToRead) { progress.set($0) }
    let report = try await StatusReporter(console: console).during({ _ in progress.current.map { [Self.line($0)] } ?? [] }) {
      try await console.withReadLock(on: copy) { try await check.run() }
    }
    for finding in report.findings { show(finding, in: copy, console) }
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

  private func show(_ finding: CheckFinding, in copy: Repository, _ console: Console) {
    console.emit(CheckFindingEvent(finding, copy))
    guard !console.json else { return }
    let severity = finding.severity == .error ? "error" : "note"
    console.report(
      "\(severity): \(finding.object) in '\(copy.address)': \(finding.message)" + (finding.remedy.map { "\nhint: \($0)" } ?? ""))
  }

  private static func line(_ progress: CheckProgress) -> String {
    let what =
      switch progress.step {
      case .indexes: "reading indexes"
      case .packs: "comparing packs"
      case .snapshots: "walking snapshots"
      case .reading: "reading packs"
      }
    return "\(what): \(progress.done)" + (progress.total > 0 ? " of \(progress.total)" : "")
  }
}

private final class LatestProgress: Sendable {
  private let state = Mutex<CheckProgress?>(nil)

  var current: CheckProgress? { state.withLock { $0 } }

  func set(_ progress: CheckProgress) { state.withLock { $0 = progress } }
}

private struct CheckFindingEvent: Encodable {
  let type = "finding"
  let severity: String
  let location: String
  let object: String
  let message: String
  let remedy: String?

  init(_ finding: CheckFinding, _ copy: Repository) {
    severity = finding.severity == .error ? "error" : "note"
    location = copy.address
    object = finding.object
    message = finding.message
    remedy = finding.remedy
  }
}

private struct CheckEvent: Encodable {
  let type = "check"
  let location: String
  let sound: Bool
  let snapshots: Int
  let trees: Int
  let blobs: Int
  let packs: Int
  let packsRead: Int
  let bytesRead: Int
  let seconds: Double

  init(_ copy: Repository, _ report: CheckReport, seconds: Double) {
    location = copy.address
    sound = report.isSound
    snapshots = report.snapshots
    trees = report.trees
    blobs = report.blobs
    packs = report.packs
    packsRead = report.packsRead
    bytesRead = report.bytesRead
    self.seconds = seconds
  }

  enum CodingKeys: String, CodingKey {
    case type, location, sound, snapshots, trees, blobs, packs, seconds
    case packsRead = "packs_read"
    case bytesRead = "bytes_read"
  }
}
