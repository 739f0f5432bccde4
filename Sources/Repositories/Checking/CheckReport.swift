package import Stores

/// One thing a check found.
package struct CheckFinding: Sendable, Hashable {
  package enum Severity: Int, Sendable, Comparable {
    /// Worth knowing; nothing is wrong.
    case note
    /// Something is missing or damaged.
    case error

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  package let severity: Severity
  /// What it is about: `pack 'b1946ac9'`, `snapshot '5f2c0a11'`, a path in a snapshot.
  package let object: String
  /// The same, where it is one object of the store.
  package let name: ObjectName?
  /// Its size in the store.
  package let byteCount: Int?
  package let message: String
  package let remedy: String?

  package init(
    _ severity: Severity, _ object: some CustomStringConvertible, _ message: String, byteCount: Int? = nil, remedy: String? = nil
  ) {
    self.severity = severity
    self.object = object.description
    name = object as? ObjectName
    self.byteCount = byteCount
    self.message = message
    self.remedy = remedy
  }
}

extension [CheckFinding] {
  /// Errors first, then by object.
  mutating func sortForReading() { sort { ($1.severity, $0.object, $0.message) < ($0.severity, $1.object, $1.message) } }
}

/// All a check found and looked at.
package struct CheckReport: Sendable {
  package internal(set) var findings: [CheckFinding] = []
  package internal(set) var snapshots = 0
  package internal(set) var trees = 0
  package internal(set) var blobs = 0
  package internal(set) var packs = 0
  package internal(set) var packsRead = 0
  package internal(set) var bytesRead = 0

  init() {}

  /// Whether nothing is missing or damaged. Notes do not count.
  package var isSound: Bool { !findings.contains { $0.severity == .error } }
}

/// How far a check or a repair has come.
package struct CheckProgress: Sendable {
  package enum Step: Sendable { case indexes, packs, snapshots, reading, healing }

  package let step: Step
  package let done: Int
  /// 0 while unknown.
  package let total: Int
  package var bytesDone = 0
  /// 0 where bytes are not counted.
  package var bytesTotal = 0
}

/// Which packs a check reads in full.
package enum DataToRead: Sendable, Equatable {
  case none
  case all
  /// Part `part` of `parts`, 1-based: packs are dealt by the first byte of their id, so that all parts together are everything.
  case subset(part: Int, of: Int)
}
