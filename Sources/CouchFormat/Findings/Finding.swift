/// One thing a proof found: where, how bad, and what to do about it.
package struct Finding: Hashable, Sendable {
  package enum Severity: String, Sendable {
    /// Something that was there cannot be had from this file.
    case error
    /// Nothing is lost, but somebody should look.
    case warning
  }

  package var severity: Severity
  package var kind: FindingKind
  /// Path below the data folder; the caller sets it, proofs of one file do not know it.
  package var file: String
  /// Byte offset in the file.
  package var offset: Int?
  package var database: String?
  package var document: String?
  package var message: String
  package var remedy: String

  package init(
    _ severity: Severity, _ kind: FindingKind, file: String = "", offset: Int? = nil, database: String? = nil,
    document: String? = nil, message: String, remedy: String
  ) {
    self.severity = severity
    self.kind = kind
    self.file = file
    self.offset = offset
    self.database = database
    self.document = document
    self.message = message
    self.remedy = remedy
  }
}

/// Gathers what a proof finds: the first ones in full, the rest as a number.
final class FindingLog {
  private let limit: Int
  private let remedy: String
  private(set) var findings: [Finding] = []
  private(set) var total = 0
  private(set) var errors = 0

  init(limit: Int, remedy: String) {
    self.limit = limit
    self.remedy = remedy
  }

  func add(
    _ kind: FindingKind, _ severity: Finding.Severity = .error, at offset: Int? = nil, document: String? = nil, _ message: String,
    remedy: String? = nil
  ) {
    total += 1
    if severity == .error { errors += 1 }
    guard findings.count < limit else { return }
    findings.append(Finding(severity, kind, offset: offset, document: document, message: message, remedy: remedy ?? self.remedy))
  }
}
