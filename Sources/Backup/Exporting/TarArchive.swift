import CouchFormat
import Deployments
import Files
import Primitives
import ResticFormat

/// The tree of an export as members of one tar archive.
final class TarArchive: FileSink {
  /// Smaller files are read before their header is written: one that turns out to have changed can still be left out or read again.
  private static let mostInMemory = 8 << 20

  struct Staged {
    let source: any RandomAccess
    let metadata: FileMetadata
    let path: String
  }

  private let stream: TarStream
  private let progress: BackupProgress
  private let meter: ReadMeter
  /// For what exists only in the archive.
  private let moment: Timestamp
  private var folders: Set<[UInt8]> = []

  var byteCount: Int { stream.byteCount }

  init(_ stream: TarStream, progress: BackupProgress, meter: ReadMeter, moment: Timestamp) {
    self.stream = stream
    self.progress = progress
    self.meter = meter
    self.moment = moment
  }

  func finish() throws { try stream.finish() }

  // MARK: Members

  func add(folder metadata: FileMetadata, at path: String) throws {
    guard folders.insert(Array(path.utf8)).inserted else { return }
    try put(.folder, metadata, at: path)
  }

  func add(symlink target: [UInt8], _ metadata: FileMetadata, at path: String) throws { try put(.symlink(target), metadata, at: path) }

  private func put(_ kind: TarMember.Kind, _ metadata: FileMetadata, at path: String) throws {
    try addFolders(above: path)
    let member = TarMember(
      path, kind, permissions: metadata.permissions, owner: metadata.owner, group: metadata.group, modified: metadata.modified.seconds)
    try stream.put(member.header)
  }

  /// Those that exist only in the archive are for the one who unpacks it.
  private func addFolders(above path: String) throws {
    guard let slash = path.lastIndex(of: "/") else { return }
    let folder = String(path[..<slash])
    guard !folders.contains(Array(folder.utf8)) else { return }
    try addFolders(above: folder)
    folders.insert(Array(folder.utf8))
    try stream.put(TarMember(folder, .folder, permissions: 0o700, owner: 0, group: 0, modified: moment.seconds).header)
  }

  private func put(file bytes: [UInt8], _ metadata: FileMetadata, at path: String) throws {
    try put(.file(size: bytes.count), metadata, at: path)
    try stream.put(bytes)
    try stream.put(TarMember.padding(after: bytes.count))
  }

  // MARK: CouchDB's files

  func copy(_ node: FrozenNode) async throws -> CopyResult {
    let prefix = SnapshotLayout.dataFolder(node: node.name)
    for folder in node.folders { try add(folder: folder.metadata, at: folder.path.isEmpty ? prefix : "\(prefix)/\(folder.path)") }
    var result = CopyResult(of: node)
    var sources = SourceFiles(of: node, meter: meter)
    var files = node.files.take()
    while let file = files.popLast() {
      try await sources.read(file) { file, source in
        let copy = FileCopy(file, source: source, merging: false, isStored: { _ in false })
        let (digest, state) = try await self.put(copy, at: "\(prefix)/\(file.path)")
        let record = FileRecord(
          path: "\(prefix)/\(file.path)", size: file.end, sha256: digest, couch: file.facts.record(sha256State: state.hex))
        result.add(record, of: file.entry)
        result.fresh += 1
      }
      progress.update { $0.filesDone += 1 }
    }
    result.add(sources)
    return result
  }

  private func put(_ copy: FileCopy, at path: String) async throws -> (digest: ContentID, state: RunningSHA256.State) {
    let isSmall = copy.file.end <= Self.mostInMemory
    var whole: [UInt8] = []
    if !isSmall { try put(.file(size: copy.file.end), copy.file.metadata, at: path) }
    do {
      let read = try await copy.run { _, bytes, _ in
        if isSmall { whole += bytes } else { try self.stream.put(bytes) }
        progress.update { $0.bytesDone += bytes.count }
      }
      if isSmall { try put(file: whole, copy.file.metadata, at: path) } else { try stream.put(TarMember.padding(after: copy.file.end)) }
      return read
    } catch FileCopy.Failure.changed(let what) where !isSmall {
      throw Self.broken(path, what)
    }
  }

  /// What is said of a member cannot be taken back.
  private static func broken(_ path: String, _ what: String) -> ExportError {
    ExportError(
      .cannotWrite, "'\(path)' cannot be read as it was announced in the archive: \(what); the archive ends here and is unusable",
      hints: ["run the same command again", "if it says the same, look at the disk's health"])
  }

  // MARK: Files stored byte for byte

  func stage(_ source: any RandomAccess, _ metadata: FileMetadata, at path: String) throws -> Staged {
    guard source.byteCount <= Self.mostInMemory else { return Staged(source: source, metadata: metadata, path: path) }
    return Staged(source: MemoryBytes(try source.bytes(at: 0, count: source.byteCount)), metadata: metadata, path: path)
  }

  func keep(_ staged: Staged) throws -> FileRecord {
    try put(.file(size: staged.source.byteCount), staged.metadata, at: staged.path)
    var running = RunningSHA256()
    for piece in Cutting.pieces(known: [], end: staged.source.byteCount) {
      try Task.checkCancellation()
      let bytes = try bytes(of: staged, in: piece.range)
      running.update(bytes)
      try stream.put(bytes)
    }
    try stream.put(TarMember.padding(after: running.byteCount))
    return FileRecord(path: staged.path, size: running.byteCount, sha256: running.digest)
  }

  private func bytes(of staged: Staged, in range: Range<Int>) throws -> [UInt8] {
    do {
      let bytes = try staged.source.bytes(at: range.lowerBound, count: range.count)
      guard bytes.count == range.count else { throw Self.broken(staged.path, "it became shorter") }
      return bytes
    } catch let error as FileError {
      throw Self.broken(staged.path, error.summary)
    }
  }

  func add(own pieces: [[UInt8]], at path: String) throws -> FileRecord {
    let bytes = pieces.reduce(into: []) { $0 += $1 }
    let metadata = FileMetadata(
      kind: .file, permissions: 0o600, owner: 0, group: 0, size: bytes.count,
      modified: FileTime(seconds: moment.seconds, nanoseconds: moment.nanoseconds))
    try put(file: bytes, metadata, at: path)
    return FileRecord(path: path, size: bytes.count, sha256: ContentID(hashing: bytes))
  }
}
