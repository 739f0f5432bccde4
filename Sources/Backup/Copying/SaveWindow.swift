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
  struct Finished {
    let entry: DataFolderEntry
    let copied: CopiedFile
  }

  private struct File {
    var content: [ContentID?]
    var unsaved: Int
    var end: (entry: DataFolderEntry, record: FileRecord, metadata: FileMetadata)?
  }

  private let writer: PackWriter
  private let width: Int
  private var underway = 0
  private var begun = 0
  /// By number; those that are finished are gone.
  private var files: [Int: File] = [:]
  private var finished: [Finished] = []

  init(writer: PackWriter, width: Int) {
    self.writer = writer
    self.width = width
  }

  /// - Returns: the file's number.
  func begin(_ pieces: [Piece]) -> Int {
    begun += 1
    files[begun] = File(content: pieces.map(\.blob), unsaved: pieces.count { $0.blob == nil })
    return begun
  }

  /// - Parameter id: the blob's, if it is known already.
  func save(_ bytes: [UInt8], id: ContentID?, file: Int, piece: Int, _ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    while underway >= width { try await take(&group) }
    underway += 1
    group.addTask { [writer] in SavedPiece(file: file, piece: piece, blob: try await writer.save(bytes, as: .data, id: id).id) }
  }

  /// Every piece of it was handed over. A file that is never finished was given up; its pieces are in packs that nothing names.
  func finish(_ number: Int, entry: DataFolderEntry, record: FileRecord, metadata: FileMetadata) {
    files[number]?.end = (entry, record, metadata)
    settle(number)
  }

  func drain(_ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    while underway > 0 { try await take(&group) }
  }

  /// Files all of whose pieces are saved, each once.
  func takeFinished() -> [Finished] {
    defer { finished = [] }
    return finished
  }

  private func take(_ group: inout ThrowingTaskGroup<SavedPiece, any Error>) async throws {
    guard let saved = try await group.next() else { return }
    underway -= 1
    files[saved.file]?.content[saved.piece] = saved.blob
    files[saved.file]?.unsaved -= 1
    settle(saved.file)
  }

  private func settle(_ number: Int) {
    guard let file = files[number], file.unsaved == 0, let (entry, record, metadata) = file.end else { return }
    let content = file.content.compactMap { $0 }
    precondition(content.count == file.content.count, "every piece of a finished file was saved")
    files[number] = nil
    finished.append(Finished(entry: entry, copied: CopiedFile(record: record, metadata: metadata, content: content)))
  }
}
