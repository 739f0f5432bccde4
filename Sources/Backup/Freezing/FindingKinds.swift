import CouchFormat

/// What only a backup finds.
extension FindingKind {
  /// The file could not be kept open and was taken later than the others.
  static let frozenLater = Self(rawValue: "frozen-later")
  /// Earlier snapshots are there and cannot be read.
  static let memoryLost = Self(rawValue: "memory-lost")
  /// A captured file that manifest and checksums could not name.
  static let nameNotUTF8 = Self(rawValue: "name-not-utf8")
  /// A captured file that was written to whenever it was read.
  static let changedWhileRead = Self(rawValue: "changed-while-read")
}
