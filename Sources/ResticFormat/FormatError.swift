import Primitives

/// Bytes that are not what a restic repository holds there. Says what is wrong; the caller adds which object it was.
package struct FormatError: Explainable, Hashable {
  package enum Kind: Hashable, Sendable {
    /// The authentication tag does not fit: damaged bytes, or another key.
    case authentication
    /// Ends too early.
    case truncated
    /// Authentic or unsealed, but not of the expected form.
    case malformed
    /// Whole and readable, but of a version or kind this program does not know.
    case unsupported
    /// Claims a size beyond what this program accepts from any repository.
    case tooLarge
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
