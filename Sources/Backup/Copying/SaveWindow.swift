import CouchFormat
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
    var entry = DataFolderEntry.unknown
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
  func finish(_ file: Int, entry: DataFolderEntry, record: FileRecord, metadata: FileMetadata) {
    files[file].entry = entry
    files[file].record = record
    files[file].metadata = metadata
  }

  func drain(_ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    while underway > 0 { try await take(&group) }
  }

  /// What was finished, in the order it was begun.
  func finished() -> [(entry: DataFolderEntry, copied: CopiedFile)] {
    files.compactMap { file in
      guard let record = file.record, let metadata = file.metadata else { return nil }
      let content = file.content.compactMap { $0 }
      precondition(content.count == file.content.count, "every piece of a finished file was saved")
      return (file.entry, CopiedFile(record: record, metadata: metadata, content: content))
    }
  }

  private func take(_ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    guard let saved = try await group.next() else { return }
    underway -= 1
    files[saved.file].content[saved.piece] = saved.blob
  }
}
