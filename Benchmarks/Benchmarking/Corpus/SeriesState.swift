/// The moments of the deployment that a corpus holds, each following on the one before.
package enum SeriesState: String, CaseIterable, Codable, Comparable, Sendable {
  case loaded = "T0"
  /// Appended to, nothing else: an ordinary day.
  case appended = "T1"
  /// Every database and every index compacted.
  case compacted = "T2"
  /// Appended to again; a database is new, another one gone.
  case appendedAgain = "T3"
  /// A design document changed: new index files, and some that CouchDB truncated and built anew in place.
  case reindexed = "T4"

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
