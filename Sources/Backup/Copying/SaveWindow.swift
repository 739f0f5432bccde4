import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import Synchronization

/// Where a piece went.
struct SavedPiece: Sendable {
  let file: Int
  let piece: Int
  let blob: ContentID
}

/// A bounded number of pieces on their way into packs, and the files they belong to.
final class SaveWindow {
  private struct File {
    var content: [ContentID?]
    var path = ""
    var record: FileRecord?
    var metadata: FileMetadata?
  }

  private let writer: PackWriter
  private let width: Int
  private var underway = 0
  private var files: [File] = []

  init(writer: PackWriter, width: Int) {
    self.writer = writer
    self.width = width
  }

  /// - Returns: the file's number.
  func begin(_ pieces: [Piece]) -> Int {
    files.append(File(content: pieces.map(\.blob)))
    return files.count - 1
  }

  /// - Parameter id: the blob's, if it is known already.
  func save(_ bytes: [UInt8], id: ContentID?, file: Int, piece: Int, _ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    while underway >= width { try await take(&group) }
    underway += 1
    group.addTask { [writer] in SavedPiece(file: file, piece: piece, blob: try await writer.save(bytes, as: .data, id: id).id) }
  }

  /// A file without a record was given up; its pieces are in packs that nothing names.
  func finish(_ file: Int, path: String, record: FileRecord, metadata: FileMetadata) {
    files[file].path = path
    files[file].record = record
    files[file].metadata = metadata
  }

  func drain(_ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    while underway > 0 { try await take(&group) }
  }

  /// What was finished, by path below the data folder.
  func finished() -> [String: CopiedFile] {
    var copied: [String: CopiedFile] = [:]
    for file in files {
      guard let record = file.record, let metadata = file.metadata else { continue }
      let content = file.content.compactMap { $0 }
      precondition(content.count == file.content.count, "every piece of a finished file was saved")
      copied[file.path] = CopiedFile(record: record, metadata: metadata, content: content)
    }
    return copied
  }

  private func take(_ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    guard let saved = try await group.next() else { return }
    underway -= 1
    files[saved.file].content[saved.piece] = saved.blob
  }
}
