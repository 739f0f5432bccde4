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
    async let sha256 = Self.sha256(of: pieces)
    let runs = try await AtOnce.mapRuns(of: pieces, atMost: Self.lanes, longestRun: Self.piecesInRun) { [writer] pieces in
      var content: [ContentID] = []
      for piece in pieces where !piece.isEmpty { content.append(try await writer.save(piece, as: .data).id) }
      return content
    }
    let content = runs.flatMap { $0 }
    let size = pieces.reduce(0) { $0 + $1.count }
    tree.add(path: path, content: content, size: size)
    return FileRecord(path: path, size: size, sha256: await sha256)
  }

  private static let lanes = 2
  private static let piecesInRun = 16

  private static func sha256(of pieces: [[UInt8]]) -> ContentID {
    var running = RunningSHA256()
    for piece in pieces { running.update(piece) }
    return running.digest
  }
}
