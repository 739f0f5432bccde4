package import Primitives
package import Repositories
import ResticFormat
import Stores

/// Snapshots that a backup marked because its source lacked something or went back.
///
/// Retention lets no marked one push out one that is not. A person who has looked takes the mark off.
package enum SuspectSnapshots {
  package static func isSuspect(_ stored: StoredSnapshot) -> Bool { stored.isSuspect }

  /// Stores the snapshot again without the mark in every copy, then removes the marked one, as stock `restic tag` does.
  ///
  /// - Returns: the new snapshot's id.
  package static func accept(_ stored: StoredSnapshot, in copies: [Repository]) async throws -> ContentID {
    let result = try await Retagging.change(stored, in: copies, everywhere: true) { $0.removeAll { $0 == SnapshotTag.suspect } }
    if let failure = result.keepingOld.first { throw failure.error }
    return result.id
  }
}
