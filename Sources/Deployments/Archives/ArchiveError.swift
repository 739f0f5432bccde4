import Primitives

/// A tar archive that cannot be used as it came.
package struct ArchiveError: Explainable {
  package enum Kind: Sendable {
    case truncated
    case damaged
    /// A name that would lead out of the folder asked for.
    case unsafeName
    /// Right, but of a kind that no engine writes.
    case unsupported
    case tooLarge
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }
}
