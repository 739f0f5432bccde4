import Deployments
import Primitives

/// The files a run writes about itself: `/akiba/…`.
struct OwnFiles {
  let sink: any FileSink

  /// - Returns: what the manifest became.
  @discardableResult
  func store(_ manifest: Manifest, of deployment: Deployment, repositories: [String]) async throws -> FileRecord {
    async let listed = Checksums.text(of: manifest.files)
    let manifestRecord = try await sink.add(own: try await manifest.pieces(), at: SnapshotLayout.manifest)
    let recovery = RecoveryText(deployment: deployment, manifest: manifest, repositories: repositories).render()
    let recoveryRecord = try await sink.add(own: [Array(recovery.utf8)], at: SnapshotLayout.recovery)
    let sums = await listed + Checksums.text(of: [manifestRecord, recoveryRecord])
    _ = try await sink.add(own: Cutting.pieces(known: [], end: sums.count).map { Array(sums[$0.range]) }, at: SnapshotLayout.checksums)
    return manifestRecord
  }
}
