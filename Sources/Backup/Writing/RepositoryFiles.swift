import Deployments
import Files
import Primitives
import Repositories
import ResticFormat

/// Files that become blobs, and places in a snapshot's tree.
struct RepositoryFiles: FileSink {
  let writer: PackWriter
  let tree: SnapshotTree

  func add(folder metadata: FileMetadata, at path: String) { tree.add(folder: metadata, at: path) }

  func add(symlink target: [UInt8], _ metadata: FileMetadata, at path: String) { tree.add(symlink: target, metadata, at: path) }

  func stage(_ source: any RandomAccess, _ metadata: FileMetadata, at path: String) async throws -> CopiedFile {
    var running = RunningSHA256()
    var content: [ContentID] = []
    for piece in Cutting.pieces(known: [], end: source.byteCount) {
      let bytes = try source.bytes(at: piece.range.lowerBound, count: piece.range.count)
      running.update(bytes)
      content.append(try await writer.save(bytes, as: .data).id)
    }
    return CopiedFile(
      record: FileRecord(path: path, size: running.byteCount, sha256: running.digest), metadata: metadata, content: content)
  }

  func keep(_ staged: CopiedFile) -> FileRecord {
    tree.add(staged)
    return staged.record
  }

  func add(own pieces: [[UInt8]], at path: String) async throws -> FileRecord {
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
