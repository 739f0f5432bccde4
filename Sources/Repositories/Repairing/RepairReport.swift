package import Stores

/// What a repair of one copy did, and what is left.
package struct RepairReport: Sendable {
  /// One object that is well again.
  package struct Healed: Sendable, Hashable {
    package enum How: Sendable, Hashable {
      /// Byte for byte from the sibling at this address.
      case fetched(from: String)
      /// Made anew from what other copies and this one still have.
      case rebuilt
      /// Nothing needs it any more, and it was damaged.
      case dropped
    }

    package let name: ObjectName
    package let how: How
    /// Bytes put, or of what was dropped.
    package let byteCount: Int
  }

  package internal(set) var healed: [Healed] = []
  /// What is still wrong, with the snapshots and paths that need it; and notes.
  package internal(set) var remaining: [CheckFinding] = []

  init() {}

  /// Whether nothing is missing or damaged any more.
  package var isSound: Bool { !remaining.contains { $0.severity == .error } }
}
