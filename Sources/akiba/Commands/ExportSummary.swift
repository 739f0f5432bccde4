import Backup
import Deployments
import Primitives
import SystemPackage

/// What an export did, for people and for programs.
struct ExportSummary {
  private let report: ExportReport
  /// `nil`: standard output.
  private let target: FilePath?
  private let totals: Manifest.Totals
  private let time: Duration

  init(_ report: ExportReport, target: FilePath?, time: Duration) {
    self.report = report
    totals = report.manifest.totals
    self.target = target
    self.time = time
  }

  func show(on console: Console) {
    console.emit(event)
    let facts = report.manifest.facts
    console.say(
      "export of '\(facts.deployment)' \(target.map { "in '\($0)'" } ?? "as a tar archive"), frozen at \(facts.frozen)"
        + (facts.trusted ? "" : ", MARKED: see the findings"))
    for (title, text) in rows { console.say("  \(title.padded(to: 10))\(text)") }
    if let target {
      console.say("not encrypted; prove it, or what another tool makes of it: akiba verify --restored \(target.string.asShellWord)")
    }
  }

  private var rows: [(String, String)] {
    let manifest = report.manifest
    let shared = report.bytesShared > 0 ? ", \(Wording.bytes(report.bytesShared)) shared with the source" : ""
    let removed = report.filesRemoved > 0 ? ", \(Wording.count(report.filesRemoved, "file")) removed" : ""
    let rate = time.seconds > 0 ? Int(Double(report.bytesRead) / time.seconds) : 0
    return [
      (
        "holds",
        "\(Wording.count(manifest.databases.count, "database")), \(Wording.count(documents, "document")), "
          + "\(Wording.count(totals.files, "file")), \(Wording.bytes(totals.bytes))"
      ),
      ("freeze", "\(Wording.duration(report.freezeWidth)) wide"),
      (
        "read",
        "\(Wording.bytes(report.bytesRead)): \(report.filesUnchanged) files unchanged, \(report.filesGrown) grown, \(report.filesNew) new"
      ),
      ("written", "\(Wording.bytes(report.bytesWritten)) in \(Wording.count(report.filesWritten, "file"))\(shared)\(removed)"),
      ("time", "\(Wording.duration(time)), \(Wording.bytes(rate))/s"),
    ]
  }

  private var documents: Int { report.manifest.databases.reduce(0) { $0 + $1.documents } }

  private var event: Event {
    let manifest = report.manifest
    return Event(
      target: target?.string, deployment: manifest.facts.deployment, frozen: manifest.facts.frozen, trusted: manifest.facts.trusted,
      freezeSeconds: report.freezeWidth.seconds, databases: manifest.databases.count, documents: documents, files: totals.files,
      bytes: totals.bytes, filesUnchanged: report.filesUnchanged, filesGrown: report.filesGrown, filesNew: report.filesNew,
      filesWritten: report.filesWritten, filesRemoved: report.filesRemoved, filesOpened: report.filesOpened, bytesRead: report.bytesRead,
      bytesWritten: report.bytesWritten, bytesShared: report.bytesShared, indexes: manifest.facts.indexes, leftOut: manifest.leftOut,
      installation: manifest.installation, seconds: time.seconds)
  }

  private struct Event: Encodable {
    let type = "export"
    let target: String?
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
    let filesWritten: Int
    let filesRemoved: Int
    let filesOpened: Int
    let bytesRead: Int
    let bytesWritten: Int
    let bytesShared: Int
    let indexes: String
    let leftOut: [Manifest.LeftOut]
    let installation: Installation?
    let seconds: Double

    enum CodingKeys: String, CodingKey {
      case type, target, deployment, frozen, trusted, databases, documents, files, bytes, indexes, installation, seconds
      case freezeSeconds = "freeze_seconds"
      case filesUnchanged = "files_unchanged"
      case filesGrown = "files_grown"
      case filesNew = "files_new"
      case filesWritten = "files_written"
      case filesRemoved = "files_removed"
      case filesOpened = "files_opened"
      case bytesRead = "bytes_read"
      case bytesWritten = "bytes_written"
      case bytesShared = "bytes_shared"
      case leftOut = "left_out"
    }
  }
}
