import CouchFormat

/// What only a backup finds.
extension FindingKind {
  /// The file could not be kept open and was taken later than the others.
  static let frozenLater = Self(rawValue: "frozen-later")
}
