import Files
import Primitives
package import Repositories
import ResticFormat
package import SystemPackage

/// Restores a snapshot, or part of it, into a folder of its own: never over live data, never half a file under its name.
///
/// Files are written under temporary names, made durable many in a row, then they get their names. An interrupted restore
/// goes on where it stopped when the same command is run again.
package struct Restore: Sendable {
  package struct Options: Sendable {
    package var selection = Selection()
    /// Bring an older restore in the same folder up to this snapshot, removing what it does not have.
    package var isDelta = false
    /// Owners can be set only by root.
    package var setsOwner: Bool

    package init(setsOwner: Bool) { self.setsOwner = setsOwner }
  }

  package struct Report: Sendable {
    package internal(set) var filesWritten = 0
    package internal(set) var filesKept = 0
    package internal(set) var filesRemoved = 0
    package internal(set) var bytesFetched = 0
    /// Of all files, whether fetched or kept.
    package internal(set) var bytes = 0
    /// Whether an interrupted restore was gone on with.
    package internal(set) var resumed = false
  }

  /// Files made durable and named together.
  private static let batchFiles = 4096
  private static let batchBytes = 512 << 20
  private static let window = 4
  private static let foldersInRun = 64

  private let reader: RepositoryReader
  private let contents: SnapshotContents
  private let target: FilePath
  private let options: Options
  private let progress: RestoreProgress

  package init(
    _ contents: SnapshotContents, from reader: RepositoryReader, to target: FilePath, options: Options, progress: RestoreProgress
  ) {
    self.contents = contents
    self.reader = reader
    self.target = target
    self.options = options
    self.progress = progress
  }

  /// What would be restored: for `--dry-run`. Refuses what `run` would refuse.
  package func plan() throws -> [SnapshotContents.Item] {
    _ = try checkTarget()
    let items = try options.selection.items(in: contents)
    try checkSpace(for: items)
    return items
  }

  /// Whether an earlier run came to its end with the same.
  package func isComplete() throws -> Bool {
    guard let marker = try RestoreMarker.read(in: target) else { return false }
    return marker.isComplete && marker.snapshot == contents.id && marker.paths == options.selection.paths
      && marker.databases == options.selection.databases
  }

  package func run() async throws -> Report {
    let before = try checkTarget()
    let items = try options.selection.items(in: contents)
    try checkSpace(for: items)
    try Folder.make(target)
    if before == nil { try RestoreMarker.removeUnfinished(in: target) }
    var marker = RestoreMarker(
      repository: reader.repository.config.id, snapshot: contents.id, isComplete: false, paths: options.selection.paths,
      databases: options.selection.databases)
    try marker.write(in: target)

    var report = Report()
    report.resumed = before.map { !$0.isComplete } ?? false
    if options.isDelta, before != nil { report.filesRemoved = try removeStrays(keeping: items) }
    let folders = items.filter { $0.node.kind == .dir }
    let levels = levels(of: folders)
    for level in levels { try await atOnce(level) { try makeFolder(at: target.appending($0.path), mayExist: before != nil) } }
    try await restoreFiles(items.filter { $0.node.kind == .file }, mayExist: before != nil, &report)
    for link in items where link.node.kind == .symlink { try restoreLink(link) }
    for level in levels.reversed() { try await atOnce(level) { try setMetadata(of: $0) } }

    try ManyFiles.sync(folders.map { target.appending($0.path) }, below: target)
    marker.isComplete = true
    try marker.write(in: target)
    return report
  }

  // MARK: Files

  /// What a child task has done: restored a file, or given a batch its names.
  private struct Done: Sendable {
    var restored: (item: SnapshotContents.Item, outcome: FileRestore.Outcome)?
  }

  /// One batch is made durable on a thread of its own, while the next one is restored, however large it becomes meanwhile: a disk that
  /// cannot keep up makes the writing wait.
  private func restoreFiles(_ files: [SnapshotContents.Item], mayExist: Bool, _ report: inout Report) async throws {
    progress.update { state in
      state.files = files.count
      state.bytes = files.reduce(0) { $0 + Int(clamping: $1.node.size) }
    }
    let restore = FileRestore(reader: reader, setsOwner: options.setsOwner)
    var batch = Batch(below: target)
    try await withThrowingTaskGroup(of: Done.self) { group in
      var underway = 0
      var isPublishing = false
      let disk = OwnThread()
      func note(_ done: Done) throws {
        if let (item, outcome) = done.restored {
          underway -= 1
          try take(outcome, of: item, &batch, &report)
        } else {
          isPublishing = false
        }
      }
      for file in files {
        while underway >= Self.window, let done = try await group.next() { try note(done) }
        if batch.isFull, !isPublishing {
          isPublishing = true
          group.addTask(executorPreference: disk) { [full = batch] in
            try full.publish()
            return Done()
          }
          batch = Batch(below: target)
        }
        underway += 1
        group.addTask {
          let path = target.appending(file.path)
          let outcome = try await restore.restore(file.node, to: path, mayExist: mayExist) { count in
            progress.update { $0.bytesDone += count }
          }
          return Done(restored: (file, outcome))
        }
      }
      while let done = try await group.next() { try note(done) }
    }
    try batch.publish()
  }

  private func take(_ outcome: FileRestore.Outcome, of item: SnapshotContents.Item, _ batch: inout Batch, _ report: inout Report) throws {
    let size = Int(clamping: item.node.size)
    report.bytes += size
    switch outcome {
    case .kept:
      report.filesKept += 1
      progress.update { $0.bytesDone += size }
    case .written(let part, let fetched):
      report.filesWritten += 1
      report.bytesFetched += fetched
      progress.update { $0.bytesDone += size - fetched }
      batch.add(part, as: target.appending(item.path), bytes: fetched)
    }
    progress.update { $0.filesDone += 1 }
  }

  /// Files under temporary names that get their own when they are durable.
  private struct Batch: Sendable {
    private let folder: FilePath
    private var files: [(part: FilePath, final: FilePath)] = []
    private var bytes = 0

    init(below folder: FilePath) { self.folder = folder }

    var isFull: Bool { files.count >= Restore.batchFiles || bytes >= Restore.batchBytes }

    mutating func add(_ part: FilePath, as final: FilePath, bytes: Int) {
      files.append((part, final))
      self.bytes += bytes
    }

    func publish() throws {
      try ManyFiles.sync(files.map(\.part), below: folder)
      for (part, final) in files { try part.renameFile(to: final) }
    }
  }

  // MARK: Folders and links

  /// By depth: those of one level do not depend on each other.
  private func levels(of folders: [SnapshotContents.Item]) -> [[SnapshotContents.Item]] {
    let levels = Dictionary(grouping: folders) { folder in folder.path.utf8.count { $0 == UInt8(ascii: "/") } }
    return levels.sorted { $0.key < $1.key }.map(\.value)
  }

  private func atOnce(
    _ level: [SnapshotContents.Item], _ body: @escaping @Sendable (SnapshotContents.Item) throws -> Void
  ) async throws {
    _ = try await AtOnce.mapRuns(of: level, atMost: Self.window, longestRun: Self.foldersInRun) { folders in
      try Task.checkCancellation()
      for folder in folders { try body(folder) }
    }
  }

  private func makeFolder(at path: FilePath, mayExist: Bool) throws {
    if mayExist, let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false), metadata.kind != .folder {
      try path.removeFile()
    }
    try Folder.make(path)
  }

  private func setMetadata(of item: SnapshotContents.Item) throws {
    try target.appending(item.path).setMetadata(
      owner: owner(of: item), permissions: item.node.mode.unixPermissions, modified: FileTime(item.node.modified))
  }

  private func restoreLink(_ item: SnapshotContents.Item) throws {
    let path = target.appending(item.path)
    if let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) {
      if metadata.kind == .folder { try path.removeEmptyFolder() } else { try path.removeFile() }
    }
    try path.makeSymlink(to: item.node.linkTarget)
    try path.setMetadata(owner: owner(of: item), permissions: nil, modified: FileTime(item.node.modified))
  }

  private func owner(of item: SnapshotContents.Item) -> (user: UInt32, group: UInt32)? {
    options.setsOwner ? (user: item.node.userID, group: item.node.groupID) : nil
  }

  /// An older restore's files that this snapshot does not have: left in place they would bring deleted documents back.
  private func removeStrays(keeping items: [SnapshotContents.Item]) throws -> Int {
    let kept = Set(items.map(\.path))
    var removed = 0
    func clear(_ path: String) throws {
      let folder = path.isEmpty ? target : target.appending(path)
      for entry in try Folder.entries(of: folder) {
        let name = path.isEmpty ? entry.name.string : "\(path)/\(entry.name.string)"
        if path.isEmpty, entry.name == RestoreMarker.name { continue }
        if entry.kind == .folder {
          try clear(name)
          if !kept.contains(name) { try target.appending(name).removeEmptyFolder() }
        } else if !kept.contains(name), !isPart(of: kept, name) {
          try target.appending(name).removeFile()
          removed += 1
        }
      }
    }
    try clear("")
    return removed
  }

  /// The temporary file of something wanted: it is gone on with.
  private func isPart(of kept: Set<String>, _ path: String) -> Bool {
    guard path.hasSuffix(PartFile.suffix), let slash = path.lastIndex(of: "/") else { return false }
    let name = path[path.index(after: slash)...].dropFirst().dropLast(PartFile.suffix.count)
    return kept.contains(String(path[...slash]) + String(name))
  }

  // MARK: Refusals

  /// - Returns: the mark of an earlier restore into the same folder.
  private func checkTarget() throws -> RestoreMarker? {
    guard let metadata = try FileMetadata.ifPresent(target) else { return nil }
    guard metadata.kind == .folder else {
      throw RecoveryError(
        .targetNotEmpty, "target '\(target)' is not a folder", hints: ["name a new or empty folder with --to"])
    }
    guard let marker = try RestoreMarker.read(in: target) else {
      guard try Folder.entries(of: target).allSatisfy({ RestoreMarker.isUnfinished($0.name) }) else {
        throw RecoveryError(
          .targetNotEmpty, "target '\(target)' is not empty and not a restore of akiba",
          hints: ["name an empty or new folder with --to; switch it with the live one by rename afterwards, never copy over it"])
      }
      return nil
    }
    let users = try OpenFiles.processes(using: target)
    guard users.isEmpty else {
      throw RecoveryError(
        .targetInUse, "target '\(target)' is in use by process \(users.map(String.init).joined(separator: ", "))",
        hints: ["stop it (a CouchDB?), or restore into an empty folder"])
    }
    let isSame =
      marker.snapshot == contents.id && marker.paths == options.selection.paths && marker.databases == options.selection.databases
    if options.isDelta {
      guard options.selection.isEverything, marker.paths.isEmpty, marker.databases.isEmpty, marker.repository == reader.repository.config.id
      else {
        throw RecoveryError(
          .targetNotEmpty, "target '\(target)' holds a part of a snapshot, or one of another repository",
          hints: ["--delta works on a whole restore of the same repository; otherwise restore into an empty folder"])
      }
    } else if !isSame || marker.isComplete {
      throw RecoveryError(
        .targetNotEmpty, "target '\(target)' already holds a restore of snapshot '\(marker.snapshot.short)'",
        hints: ["add --delta to bring it to this snapshot, or name an empty folder with --to"])
    }
    return marker
  }

  private func checkSpace(for items: [SnapshotContents.Item]) throws {
    let wanted = items.reduce(0) { $0 + ($1.node.kind == .file ? Int(clamping: $1.node.size) : 0) }
    var there = 0
    if try FileMetadata.ifPresent(target) != nil {
      for item in items where item.node.kind == .file {
        there += try FileMetadata.ifPresent(target.appending(item.path), followingSymlinks: false)?.size ?? 0
        there += try FileMetadata.ifPresent(FileRestore.partName(of: target.appending(item.path)), followingSymlinks: false)?.size ?? 0
      }
    }
    let free = try Folder.freeBytes(at: nearestFolder(target))
    guard wanted - there <= free else {
      throw RecoveryError(
        .tooLittleSpace, "the restore needs \((wanted - there) >> 20) MiB and '\(target)' has \(free >> 20) MiB free",
        hints: ["name a folder on a larger disk with --to, or restore a part with --path or --database"])
    }
  }

  private func nearestFolder(_ path: FilePath) throws -> FilePath {
    var path = path.isAbsolute ? path : FilePath(".").pushing(path)
    while try FileMetadata.ifPresent(path) == nil { path = path.removingLastComponent() }
    return path.isEmpty ? "." : path
  }
}
