import Deployments
import Files
import Primitives
import SystemPackage

/// The tree of an export while it is brought up to date. What is there and right is left untouched.
final class ExportTree: FileSink {
  struct Counts: Sendable {
    var filesWritten = 0
    var filesRemoved = 0
    /// Into files of the tree.
    var bytesWritten = 0
    /// Not copied: their blocks are shared with the source.
    var bytesShared = 0
  }

  enum Staged {
    /// The tree has these bytes already.
    case same(FileRecord, FileMetadata)
    case written(ExportedFile, FileRecord, FileMetadata)
  }

  /// What lies at the top of a tree. Anything else there is not ours and stays.
  private static let tops = ["akiba", "couchdb", "cht", "tls"]

  let root: FilePath
  private let setsOwner: Bool
  private(set) var counts = Counts()
  private(set) var stamps: [String: ExportState.Stamp] = [:]
  // By bytes: two names that Swift finds equal can be two files.
  private var paths: Set<[UInt8]> = [Array(SnapshotLayout.incomplete.utf8)]
  private var written: [FilePath] = []
  private var changedFolders: Set<FilePath> = []

  /// - Parameter setsOwner: only root can.
  init(_ root: FilePath, setsOwner: Bool) {
    self.root = root
    self.setsOwner = setsOwner
  }

  // MARK: Folders and links

  func add(folder metadata: FileMetadata, at path: String) throws {
    try ExportError.writing {
      try makeFolder(path)
      try setOwner(metadata, of: root.appending(path), permissions: 0o700)
    }
  }

  func add(symlink target: [UInt8], _ metadata: FileMetadata, at path: String) throws {
    try ExportError.writing {
      let link = try place(path)
      paths.insert(Array(path.utf8))
      let there = try FileMetadata.ifPresent(link, followingSymlinks: false)
      if try there?.kind != .symlink || link.symlinkTarget() != target {
        try remove(link)
        try link.makeSymlink(to: target)
        noteChange(of: link)
        counts.filesWritten += 1
      }
      if setsOwner { try setOwner(metadata, of: link, permissions: nil) }
    }
  }

  /// - Returns: the path on disk; the folder for it is there.
  private func place(_ path: String) throws -> FilePath {
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
    return root.appending(path)
  }

  private func makeFolder(_ path: String) throws {
    guard paths.insert(Array(path.utf8)).inserted else { return }
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
    let folder = root.appending(path)
    let there = try FileMetadata.ifPresent(folder, followingSymlinks: false)
    if there?.kind != .folder {
      try remove(folder)
      try Folder.make(folder)
      noteChange(of: folder)
    } else if there?.permissions != 0o700 {
      try folder.setMetadata(owner: nil, permissions: 0o700)
    }
  }

  private func noteChange(of entry: FilePath) { changedFolders.insert(entry.removingLastComponent()) }

  private func owner(of metadata: FileMetadata) -> (user: UInt32, group: UInt32)? {
    setsOwner ? (user: metadata.owner, group: metadata.group) : nil
  }

  /// Only where it differs: a change of these, too, makes a file look changed.
  ///
  /// - Returns: whether it differed.
  @discardableResult
  private func setOwner(_ metadata: FileMetadata, of path: FilePath, permissions: UInt32?) throws -> Bool {
    let there = try FileMetadata.of(path, followingSymlinks: false)
    let isOwned = !setsOwner || (there.owner == metadata.owner && there.group == metadata.group)
    guard !isOwned || permissions.map({ $0 != there.permissions }) ?? false else { return false }
    try path.setMetadata(owner: owner(of: metadata), permissions: permissions)
    return true
  }

  // MARK: CouchDB's files

  /// Leaves a file as the last export left it.
  func keep(_ record: FileRecord, _ metadata: FileMetadata, stamp: ExportState.Stamp) throws {
    try ExportError.writing {
      let path = try place(record.path)
      paths.insert(Array(record.path.utf8))
      stamps[record.path] = stamp
      if try setOwner(metadata, of: path, permissions: 0o600) { stamps[record.path] = ExportState.Stamp(try FileMetadata.of(path)) }
      guard stamp.size != record.size else { return }
      stamps[record.path] = try finish(.growing(path, from: record.size), at: record.path, owner: owner(of: metadata))
      counts.filesWritten += 1
    }
  }

  /// - Parameter known: bytes at its beginning that the tree has already; `nil`: it is written as a whole.
  func open(_ path: String, known: Int?) throws -> ExportedFile {
    let place = try ExportError.writing { () -> FilePath in
      let place = try self.place(path)
      if try FileMetadata.ifPresent(place, followingSymlinks: false)?.kind == .folder { try remove(place) }
      return place
    }
    return try known.map { try .growing(place, from: $0) } ?? .replacing(place)
  }

  func close(_ file: ExportedFile, at path: String, _ metadata: FileMetadata, bytesWritten: Int, bytesShared: Int) throws {
    stamps[path] = try finish(file, at: path, owner: owner(of: metadata))
    counts.filesWritten += 1
    counts.bytesWritten += bytesWritten
    counts.bytesShared += bytesShared
  }

  private func finish(_ file: ExportedFile, at path: String, owner: (user: UInt32, group: UInt32)?) throws -> ExportState.Stamp {
    let stamp = try file.finish(owner: owner)
    paths.insert(Array(path.utf8))
    written.append(root.appending(path))
    noteChange(of: root.appending(path))
    return stamp
  }

  // MARK: Files stored byte for byte

  func stage(_ source: any RandomAccess, _ metadata: FileMetadata, at path: String) throws -> Staged {
    let place = try ExportError.writing { try self.place(path) }
    if let record = try same(source, as: place, at: path) { return .same(record, metadata) }
    let file = try ExportedFile.replacing(place)
    var running = RunningSHA256()
    for piece in Cutting.pieces(known: [], end: source.byteCount) {
      try Task.checkCancellation()
      let bytes = try source.bytes(at: piece.range.lowerBound, count: piece.range.count)
      running.update(bytes)
      try file.write(bytes, at: piece.range.lowerBound)
    }
    return .written(file, FileRecord(path: path, size: running.byteCount, sha256: running.digest), metadata)
  }

  /// - Returns: `nil` if what is there differs.
  private func same(_ source: any RandomAccess, as place: FilePath, at path: String) throws -> FileRecord? {
    let there = try ExportError.writing { () -> HeldFile? in
      guard let metadata = try FileMetadata.ifPresent(place, followingSymlinks: false) else { return nil }
      if metadata.kind != .file { try remove(place) }
      return metadata.kind == .file && metadata.size == source.byteCount ? try HeldFile(opening: place) : nil
    }
    guard let there else { return nil }
    var running = RunningSHA256()
    for piece in Cutting.pieces(known: [], end: source.byteCount) {
      try Task.checkCancellation()
      let bytes = try source.bytes(at: piece.range.lowerBound, count: piece.range.count)
      guard try ExportError.writing({ try there.bytes(at: piece.range.lowerBound, count: piece.range.count) == bytes }) else { return nil }
      running.update(bytes)
    }
    return FileRecord(path: path, size: running.byteCount, sha256: running.digest)
  }

  func keep(_ staged: Staged) throws -> FileRecord {
    switch staged {
    case .same(let record, let metadata):
      _ = try ExportError.writing { try setOwner(metadata, of: root.appending(record.path), permissions: 0o600) }
      paths.insert(Array(record.path.utf8))
      return record
    case .written(let file, let record, let metadata):
      _ = try finish(file, at: record.path, owner: owner(of: metadata))
      counts.filesWritten += 1
      counts.bytesWritten += record.size
      return record
    }
  }

  func add(own pieces: [[UInt8]], at path: String) throws -> FileRecord {
    let bytes = pieces.reduce(into: []) { $0 += $1 }
    let file = try open(path, known: nil)
    try file.write(bytes, at: 0)
    _ = try finish(file, at: path, owner: nil)
    return FileRecord(path: path, size: bytes.count, sha256: ContentID(hashing: bytes))
  }

  // MARK: What is in the way

  /// What an interrupted export left under temporary names: it takes room.
  func removeUnfinished() throws {
    try walk { path, kind in kind == .file && path.hasSuffix(PartFile.suffix) }
    try ExportError.writing {
      for entry in try Folder.entries(of: root) where ExportState.isUnfinished(entry.name) { try remove(root.appending(entry.name)) }
    }
  }

  /// What the deployment has no more.
  func removeStrays() throws {
    try walk { path, kind in
      guard !paths.contains(Array(path.utf8)) else { return false }
      if kind != .folder { counts.filesRemoved += 1 }
      return true
    }
  }

  /// Makes all that was written durable, many in a row.
  func sync() throws {
    try ExportError.writing {
      try ManyFiles.sync(written, below: root)
      for folder in changedFolders where try FileMetadata.ifPresent(folder)?.kind == .folder { try Folder.sync(folder) }
    }
  }

  /// - Parameter isRemoved: whether an entry, and what is below it, goes. Asked of what is below before.
  private func walk(_ isRemoved: (_ path: String, _ kind: FileMetadata.Kind) -> Bool) throws {
    func visit(_ name: String, _ path: FilePath, _ kind: FileMetadata.Kind) throws {
      if kind == .folder {
        for entry in try Folder.entries(of: path) { try visit("\(name)/\(entry.name.string)", path.appending(entry.name), entry.kind) }
      }
      if isRemoved(name, kind) { try remove(path) }
    }
    try ExportError.writing {
      for entry in try Folder.entries(of: root) where Self.tops.contains(entry.name.string) {
        try visit(entry.name.string, root.appending(entry.name), entry.kind)
      }
    }
  }

  private func remove(_ path: FilePath) throws {
    guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { return }
    noteChange(of: path)
    guard metadata.kind == .folder else { return try path.removeFile() }
    for entry in try Folder.entries(of: path) { try remove(path.appending(entry.name)) }
    try path.removeEmptyFolder()
  }
}
