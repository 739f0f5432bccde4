package import CouchFormat
package import Deployments
package import Primitives
package import Repositories

/// What a backup did.
package struct BackupReport: Sendable {
  package let snapshot: ContentID
  package let manifest: Manifest
  package let findings: [Finding]
  package let freezeWidth: Duration
  /// Of CouchDB's files.
  package let filesReused: Int
  package let filesGrown: Int
  package let filesNew: Int
  /// Bytes read from the source, headers looked at included.
  package let bytesRead: Int
  package let filesOpened: Int
  package let stored: PackWriter.Statistics
  /// Addresses of the locations that have the snapshot.
  package internal(set) var completed: [String] = []
  package internal(set) var failures: [StoreFailure] = []
  /// What was copied to locations that had been away, in bytes.
  package internal(set) var caughtUp: [String: Int] = [:]
  /// What slower locations still lacked when the fastest had the snapshot, in bytes.
  package internal(set) var fellBehind: [String: Int] = [:]
  package internal(set) var notes: [String] = []

  /// Nothing missing, nothing gone back, nothing wrong with the installation, every location written.
  package var isComplete: Bool { failures.isEmpty && !findings.contains { $0.severity == .error } }
}
