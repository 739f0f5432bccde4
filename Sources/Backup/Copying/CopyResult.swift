import CouchFormat
import Deployments

/// What the second pass made of one node's files.
struct CopyResult {
  /// By path below the data folder.
  var records: [String: FileRecord] = [:]
  var findings: [Finding] = []
  var leftOut: [Manifest.LeftOut] = []
  var reused = 0
  var grown = 0
  var fresh = 0

  mutating func add(_ sources: SourceFiles) {
    findings += sources.findings
    leftOut += sources.leftOut
  }
}
