import Deployments
import Primitives
import Repositories
import ResticFormat

/// The files a backup writes about itself: `/akiba/…`.
struct OwnFiles {
  let writer: PackWriter
  let tree: SnapshotTree

  func store(_ manifest: Manifest, of deployment: Deployment, repositories: [String]) async throws {
    let manifestRecord = try await store(manifest.pieces(), at: SnapshotLayout.manifest)
    let recovery = RecoveryText(deployment: deployment, manifest: manifest, repositories: repositories).render()
    let recoveryRecord = try await store([Array(recovery.utf8)], at: SnapshotLayout.recovery)
    let sums = Checksums.text(of: manifest.files + [manifestRecord, recoveryRecord])
    _ = try await store(Cutting.pieces(known: [], end: sums.count).map { Array(sums[$0.range]) }, at: SnapshotLayout.checksums)
  }

  private func store(_ pieces: [[UInt8]], at path: String) async throws -> FileRecord {
    var running = RunningSHA256()
    var content: [ContentID] = []
    for piece in pieces where !piece.isEmpty {
      running.update(piece)
      content.append(try await writer.save(piece, as: .data).id)
    }
    tree.add(path: path, content: content, size: running.byteCount)
    return FileRecord(path: path, size: running.byteCount, sha256: running.digest)
  }
}
