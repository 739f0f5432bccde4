import CouchFormat

/// A finding as a person and as a program read it.
struct FindingEvent: Encodable {
  let type = "finding"
  let severity: String
  let kind: String
  let file: String
  let offset: Int?
  let database: String?
  let document: String?
  let message: String
  let remedy: String

  init(_ finding: Finding) {
    severity = finding.severity.rawValue
    kind = finding.kind.rawValue
    file = finding.file
    offset = finding.offset
    database = finding.database
    document = finding.document
    message = finding.message
    remedy = finding.remedy
  }
}

extension Console {
  /// Errors first. Of many, the first ones; `--json` gives all.
  func show(_ findings: [Finding], atMost limit: Int = 20) {
    for finding in findings { emit(FindingEvent(finding)) }
    guard !json else { return }
    let sorted = findings.filter { $0.severity == .error } + findings.filter { $0.severity == .warning }
    for finding in sorted.prefix(limit) {
      var place = finding.file
      if let offset = finding.offset { place += " at byte \(offset)" }
      if let document = finding.document { place += ", document '\(document)'" }
      report("\(finding.severity.rawValue): \(place): \(finding.message)\nhint: \(finding.remedy)")
    }
    if sorted.count > limit { report("… and \(sorted.count - limit) more findings; --json lists all") }
  }
}
