import Primitives

/// A backup could not be taken. Errors of files, repositories and stores pass through as they are.
package struct BackupError: Explainable {
  package enum Kind: Sendable {
    case configuration
    /// The deployment lacks something without which a restore would lose data silently.
    case damagedSource
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  package init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }
}
