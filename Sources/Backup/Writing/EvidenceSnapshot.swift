import Deployments
package import Repositories
import ResticFormat
import Synchronization

/// Evidence of a drill as a snapshot of its own, at every location: there it outlives the host that drilled.
///
/// It is dated a second before the newest backup: `latest` has to be a backup for every program, and for commands that were printed long ago.
/// The record says when the drill was.
package struct EvidenceSnapshot: Sendable {
  /// What became of it.
  package struct Report: Sendable {
    /// Addresses that have it.
    package let completed: [String]
    package let failures: [StoreFailure]
  }

  /// Names in `akiba/drills`, and what they hold.
  private let files: [(name: String, bytes: [UInt8])]
  private let surroundings: Surroundings
  private let programVersion: String

  package init(_ files: [(name: String, bytes: [UInt8])], surroundings: Surroundings, programVersion: String) {
    self.files = files
    self.surroundings = surroundings
    self.programVersion = programVersion
  }

  private static func time(before copies: [Repository], _ now: Timestamp) async throws -> Timestamp {
    var newest: Timestamp?
    for copy in copies {
      for time in try await copy.snapshots().snapshots.filter({ $0.snapshot.tags.contains(SnapshotTag.own) }).map(\.snapshot.time) {
        newest = max(newest ?? time, time)
      }
    }
    return min(now, newest?.advanced(by: .seconds(-1)) ?? now)
  }

  /// - Parameter copies: of one repository, at least one.
  package func store(in copies: [Repository]) async throws -> Report {
    try await RepositoryLocks.hold(.shared, on: copies, note: { _ in }) { locks in
      let caughtUp = try await CaughtUpCopies(locks.copies) { _, _ in [] }
      return try await PackWriter.run(to: caughtUp.copies, indexes: caughtUp.indexes, backlog: caughtUp.backlog) { writer in
        let now = try await Self.time(before: caughtUp.copies, surroundings.now())
        let tree = SnapshotTree(moment: now)
        let sink = RepositoryFiles(writer: writer, tree: tree)
        for file in files { _ = try await sink.add(own: [file.bytes], at: "\(SnapshotLayout.drills)/\(file.name)") }
        let root = try await tree.save(with: writer)
        _ = try await writer.finish()
        _ = try await writer.save(
          Snapshot(
            time: now, parent: nil, tree: root, paths: ["/\(SnapshotLayout.drills)"], hostname: surroundings.hostname,
            username: surroundings.username, userID: surroundings.userID, groupID: surroundings.groupID, tags: [SnapshotTag.drill],
            programVersion: "akiba \(programVersion)"))
        let summary = try await writer.complete()
        return Report(completed: summary.completed, failures: locks.failures + caughtUp.failures + summary.failures)
      }
    }
  }
}
