package import Primitives
package import Repositories
import ResticFormat
import Stores

/// Snapshots that a backup marked because its source lacked something or went back.
///
/// As long as one is marked, nothing older is to be removed. A person who has looked takes the mark off.
package enum SuspectSnapshots {
  package static func isSuspect(_ stored: StoredSnapshot) -> Bool { stored.snapshot.tags.contains(BackupRun.suspectTag) }

  /// Stores the snapshot again without the mark in every copy, then removes the marked one, as stock `restic tag` does.
  ///
  /// - Returns: the new snapshot's id.
  package static func accept(_ stored: StoredSnapshot, in copies: [Repository]) async throws -> ContentID {
    try await RepositoryLocks.hold(.exclusive, on: copies) { locks in
      if let failure = locks.failures.first { throw failure.error }
      var snapshot = stored.snapshot
      snapshot.tags.removeAll { $0 == BackupRun.suspectTag }
      snapshot.original = snapshot.original ?? stored.id
      let accepted = snapshot
      let id = try await PackWriter.run(to: locks.copies, indexes: locks.copies.map { _ in RepositoryIndex() }) { writer in
        let id = try await writer.save(accepted)
        // Nothing is removed anywhere unless its successor is everywhere.
        if let failure = try await writer.complete().failures.first { throw failure.error }
        return id
      }
      for copy in locks.copies {
        do {
          try await copy.store.remove(.snapshot(stored.id))
        } catch let error as StoreError where error.kind == .notFound {
          continue
        }
      }
      return id
    }
  }
}
