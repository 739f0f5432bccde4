import CouchFormat
import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import SystemPackage

/// Files stored byte for byte: the credentials volume, compose files, `.env`, certificates.
///
/// They are small and read in full at every run. A file that cannot be read is a finding: the rest is still worth having.
struct PlainFiles {
  private static let tries = 3

  let writer: PackWriter
  let meter: ReadMeter
  let tree: SnapshotTree
  private(set) var records: [FileRecord] = []
  private(set) var findings: [Finding] = []

  init(writer: PackWriter, meter: ReadMeter, tree: SnapshotTree) {
    self.writer = writer
    self.meter = meter
    self.tree = tree
  }

  /// - Parameters:
  ///   - source: a file or a folder; may be a symlink, which is followed.
  ///   - place: its path in the snapshot.
  mutating func store(_ source: FilePath, at place: String) async throws {
    do {
      let metadata = try FileMetadata.of(source)
      switch metadata.kind {
      case .folder: try await storeFolder(source, metadata, at: place)
      case .file: try await storeFile(source, at: place)
      case .symlink, .other: skip(place, "'\(source)' is neither a file nor a folder")
      }
    } catch let error as FileError {
      note(place, error)
    }
  }

  private mutating func storeFolder(_ folder: FilePath, _ metadata: FileMetadata, at place: String) async throws {
    tree.add(folder: metadata, at: place)
    for entry in try Folder.entries(of: folder).sorted(by: { $0.name.string < $1.name.string }) {
      try Task.checkCancellation()
      guard FilePath.Component(entry.name.string) == entry.name else {
        noteName(entry.name, in: place)
        continue
      }
      let source = folder.appending(entry.name)
      let path = "\(place)/\(entry.name.string)"
      do {
        switch entry.kind {
        case .file: try await storeFile(source, at: path)
        case .folder: try await storeFolder(source, try FileMetadata.of(source), at: path)
        case .symlink: try await storeLink(source, at: path)
        case .other: continue  // sockets and pipes hold nothing
        }
      } catch let error as FileError {
        note(path, error)
      }
    }
  }

  /// What a link to a file leads to is what counts, wherever it lies: `.env` and certificates are often links. Other links are kept as such.
  private mutating func storeLink(_ source: FilePath, at path: String) async throws {
    if try FileMetadata.ifPresent(source)?.kind == .file { return try await storeFile(source, at: path) }
    tree.add(symlink: try source.symlinkTarget(), try FileMetadata.of(source, followingSymlinks: false), at: path)
    skip(path, "'\(path)' is a link to a folder or to nothing; only the link is in the snapshot")
  }

  /// A file that is being written is read again.
  private mutating func storeFile(_ source: FilePath, at path: String) async throws {
    for attempt in 1...Self.tries {
      let file = try HeldFile(opening: source, meter: meter)
      var running = RunningSHA256()
      var content: [ContentID] = []
      for piece in Cutting.pieces(known: [], end: file.byteCount) {
        let bytes = try file.bytes(at: piece.range.lowerBound, count: piece.range.count)
        running.update(bytes)
        content.append(try await writer.save(bytes, as: .data).id)
      }
      let now = try file.currentMetadata()
      let isSteady = now.size == running.byteCount && now.modified == file.metadata.modified
      guard isSteady || attempt == Self.tries else { continue }
      let record = FileRecord(path: path, size: running.byteCount, sha256: running.digest)
      tree.add(CopiedFile(record: record, metadata: file.metadata, content: content))
      records.append(record)
      return
    }
  }

  private mutating func note(_ path: String, _ error: FileError) {
    findings.append(
      Finding(
        .error, .unreadable, file: path, message: "'\(path)' is not in this snapshot: \(error.summary)",
        remedy: error.hints.first ?? "correct its path in the configuration, then run the backup again"))
  }

  /// Manifest, JSON and checksums are UTF-8: two such names could not be told apart in them.
  private mutating func noteName(_ name: FilePath.Component, in place: String) {
    findings.append(
      Finding(
        .error, .nameNotUTF8, file: "\(place)/\(name.string)", message: "a file in '\(place)' is left out: its name is not UTF-8",
        remedy: "rename it, for example with 'convmv -t utf8', then run the backup again"))
  }

  private mutating func skip(_ path: String, _ reason: String) {
    findings.append(Finding(.warning, .foreignFile, file: path, message: reason, remedy: "remove it from the configuration"))
  }
}
