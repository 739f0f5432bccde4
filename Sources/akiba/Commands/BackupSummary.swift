import Backup
import CouchFormat
import Deployments
import Primitives
import Repositories

/// What a backup did, for people and for programs.
struct BackupSummary {
  private let report: BackupReport
  private let configuration: Configuration
  private let totals: Manifest.Totals
  private let time: Duration

  init(_ report: BackupReport, _ configuration: Configuration, time: Duration) {
    self.report = report
    totals = report.manifest.totals
    self.configuration = configuration
    self.time = time
  }

  func show(on console: Console) {
    console.emit(event)
    let facts = report.manifest.facts
    console.say(
      "snapshot \(report.snapshot.short) of '\(facts.deployment)', frozen at \(facts.frozen)\(facts.trusted ? "" : ", MARKED: see the findings")"
    )
    for (title, text) in rows { console.say("  \(title.padded(to: 10))\(text)") }
  }

  private var rows: [(String, String)] {
    let manifest = report.manifest
    var rows = [
      (
        "holds",
        "\(Wording.count(manifest.databases.count, "database")), \(Wording.count(documents, "document")), \(Wording.count(totals.files, "file")), \(Wording.bytes(totals.bytes))"
      ),
      ("freeze", "\(Wording.duration(report.freezeWidth)) wide"),
      (
        "read",
        "\(Wording.bytes(report.bytesRead)): \(report.filesReused) files unchanged, \(report.filesGrown) grown, \(report.filesNew) new"
      ),
      ("new", Wording.bytes(report.stored.newBytes)),
      ("stored", Wording.bytes(report.stored.packBytes)),
      ("indexes", indexes),
      ("time", Wording.duration(time)),
      ("of", installation),
      ("locations", report.completed.map { configuration.name(of: $0) }.joined(separator: ", ")),
    ]
    for gap in manifest.installation?.notLearned ?? [] { rows.append(("", "not learned: \(gap)")) }
    for (address, bytes) in report.caughtUp.sorted(by: { $0.key < $1.key }) {
      rows.append(("", "\(configuration.name(of: address)) had been away: \(Wording.bytes(bytes)) copied to it besides"))
    }
    for (address, bytes) in report.fellBehind.sorted(by: { $0.key < $1.key }) where report.completed.contains(address) {
      rows.append(
        ("", "\(configuration.name(of: address)) is slower: \(Wording.bytes(bytes)) copied to it after the others had the snapshot"))
    }
    return rows
  }

  private var documents: Int { report.manifest.databases.reduce(0) { $0 + $1.documents } }

  private var indexes: String {
    if configuration.deployment.indexes == .leaveOut { return "left out by choice" }
    let left = report.findings.count { $0.kind == .indexLeftOut || $0.kind == .viewAhead }
    return "\(totals.views) kept" + (left > 0 ? ", \(left) left out: see the findings" : "")
  }

  private var installation: String {
    guard let installation = report.manifest.installation else { return "" }
    let versions = [installation.chtVersion.map { "CHT \($0)" }, installation.couchDBVersion.map { "CouchDB \($0)" }].compactMap { $0 }
    return ([installation.kind.name] + versions + (installation.engine.map { ["\($0.name) \($0.version)"] } ?? [])).joined(separator: ", ")
  }

  private var event: Event {
    let facts = report.manifest.facts
    return Event(
      snapshot: report.snapshot.hex, deployment: facts.deployment, frozen: facts.frozen, trusted: facts.trusted,
      freezeSeconds: report.freezeWidth.seconds, databases: report.manifest.databases.count, documents: documents,
      files: totals.files, bytes: totals.bytes, filesUnchanged: report.filesReused,
      filesGrown: report.filesGrown, filesNew: report.filesNew, filesOpened: report.filesOpened, bytesRead: report.bytesRead,
      bytesNew: report.stored.newBytes, bytesStored: report.stored.packBytes, indexes: facts.indexes,
      leftOut: report.manifest.leftOut, installation: report.manifest.installation, seconds: time.seconds,
      locations: report.completed.map { .init(name: configuration.name(of: $0), complete: true, error: nil) }
        + report.failures.map { .init(name: configuration.name(of: $0.address), complete: false, error: $0.summary) })
  }

  private struct Event: Encodable {
    struct Location: Encodable {
      let name: String
      let complete: Bool
      let error: String?
    }

    let type = "backup"
    let snapshot: String
    let deployment: String
    let frozen: String
    let trusted: Bool
    let freezeSeconds: Double
    let databases: Int
    let documents: Int
    let files: Int
    let bytes: Int
    let filesUnchanged: Int
    let filesGrown: Int
    let filesNew: Int
    let filesOpened: Int
    let bytesRead: Int
    let bytesNew: Int
    let bytesStored: Int
    let indexes: String
    let leftOut: [Manifest.LeftOut]
    let installation: Installation?
    let seconds: Double
    let locations: [Location]

    enum CodingKeys: String, CodingKey {
      case type, snapshot, deployment, frozen, trusted, databases, documents, files, bytes, indexes, installation, seconds, locations
      case freezeSeconds = "freeze_seconds"
      case filesUnchanged = "files_unchanged"
      case filesGrown = "files_grown"
      case filesNew = "files_new"
      case filesOpened = "files_opened"
      case bytesRead = "bytes_read"
      case bytesNew = "bytes_new"
      case bytesStored = "bytes_stored"
      case leftOut = "left_out"
    }
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
