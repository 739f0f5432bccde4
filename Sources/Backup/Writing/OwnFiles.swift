import Deployments
import Primitives

/// The files a run writes about itself: `/akiba/…`.
struct OwnFiles {
  let sink: any FileSink

  /// - Returns: what the manifest became.
  @discardableResult
  func store(_ manifest: Manifest, of deployment: Deployment, repositories: [String]) async throws -> FileRecord {
    async let listed = Checksums.pieces(of: manifest)
    let manifestRecord = try await sink.add(own: try await manifest.pieces(), at: SnapshotLayout.manifest)
    let recovery = RecoveryText(deployment: deployment, manifest: manifest, repositories: repositories).render()
    let recoveryRecord = try await sink.add(own: [Array(recovery.utf8)], at: SnapshotLayout.recovery)
    _ = try await sink.add(own: await listed + [Checksums.text(of: [manifestRecord, recoveryRecord])], at: SnapshotLayout.checksums)
    return manifestRecord
  }
}
