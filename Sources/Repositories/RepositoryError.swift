import Primitives
package import ResticFormat

/// A repository could not do what it was asked. Failures of the store itself are `StoreError` and pass through.
package struct RepositoryError: Explainable, Hashable {
  package enum Kind: Hashable, Sendable {
    /// Nothing there to open. restic's exit code 10.
    case noRepository
    /// Someone else holds a lock. restic's exit code 11.
    case locked
    /// No key opens with this password. restic's exit code 12.
    case wrongPassword
    case alreadyExists
    case unsupportedVersion
    /// An object is there and is not what it should be.
    case damaged
    /// A blob, snapshot or key that is named nowhere.
    case notFound
    /// A snapshot id that fits several.
    case ambiguous
    /// Copies that are not of one repository.
    case differentRepositories
    case keyInUse, lastKey
    /// What is asked for would lose what has to stay.
    case refused
    /// Our own lock could not be kept.
    case lockLost
    /// What one location lacks cannot be read from the others.
    case siblingFailed
    /// No store is left that takes what we write.
    case allStoresFailed
    /// What was sealed does not open to the same bytes: this machine computes wrongly.
    case unreliableMachine
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  package init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }

  /// An object whose bytes are not what they should be.
  package init(_ object: some CustomStringConvertible, in store: String, is damage: FormatError) {
    let kind: Kind = damage.kind == .unsupported ? .unsupportedVersion : .damaged
    let copies = ["'akiba repair' fetches it from another location", "run 'check --read-data' to list what else is damaged"]
    self.init(
      kind, "\(object) in store '\(store)': \(damage.summary)", hints: damage.hints + (kind == .damaged ? copies : []))
  }
}
