import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// Files stored byte for byte: the credentials volume, compose files, `.env`, certificates.
///
/// They are small and read in full at every run. A file that cannot be read is a finding: the rest is still worth having.
struct PlainFiles<Sink: FileSink> {
  private static var tries: Int { 3 }

  let sink: Sink
  let meter: ReadMeter
  let claims: SourceClaims
  /// For what this process may not read.
  let volumes: (any VolumeReading)?
  private(set) var records: [FileRecord] = []
  private(set) var findings: [Finding] = []
  private(set) var leftOut: [Manifest.LeftOut] = []

  init(sink: Sink, meter: ReadMeter, claims: SourceClaims, volumes: (any VolumeReading)?) {
    self.sink = sink
    self.meter = meter
    self.claims = claims
    self.volumes = volumes
  }

  /// - Parameters:
  ///   - source: a file or a folder; may be a symlink, which is followed.
  ///   - place: its path in the snapshot.
  mutating func store(_ source: FilePath, at place: String) async throws {
    do {
      let metadata = try FileMetadata.of(source)
      switch metadata.kind {
      case .folder: try await storeRoot(source, metadata, at: place)
      case .file: try await storeFile(source, at: place)
      case .symlink, .other: skip(place, "'\(source)' is neither a file nor a folder")
      }
    } catch let error as FileError {
      guard try await storeArchived(source, at: place, insteadOf: error) else { return note(place, error) }
    }
  }

  /// A folder that cannot be listed is an error of the whole, so that the engine can be asked for it.
  private mutating func storeRoot(_ folder: FilePath, _ metadata: FileMetadata, at place: String) async throws {
    var entries = try Folder.entries(of: folder)
    if place == CapturedFolder.Place.upgradeService.snapshotPath { leaveOutNeighbours(of: &entries, in: folder, at: place) }
    try await store(entries, of: folder, metadata, at: place)
  }

  /// The upgrade service's compose file and `.env` may lie one level above everything else: data, restores, old backups. Then only its
  /// files are its own.
  private mutating func leaveOutNeighbours(of entries: inout [Folder.Entry], in folder: FilePath, at place: String) {
    let folders = entries.filter { $0.kind == .folder }
    func claimed(_ entry: Folder.Entry) -> Bool {
      guard let metadata = try? FileMetadata.ifPresent(folder.appending(entry.name)) else { return false }
      return claims.place(of: metadata) != nil
    }
    guard folders.contains(where: claimed) else { return }
    for entry in folders where !claimed(entry) {
      leftOut.append(
        .init(path: "\(place)/\(entry.name.string)", reason: "beside the installation's own folders; name it under 'extra' to store it"))
    }
    entries.removeAll { $0.kind == .folder && !claimed($0) }
  }

  private mutating func storeFolder(_ folder: FilePath, _ metadata: FileMetadata, at place: String) async throws {
    if let other = claims.place(of: metadata) {
      leftOut.append(.init(path: place, reason: "is at '\(other)' in this snapshot"))
    } else if place == Self.upgradeLeftovers {
      leftOut.append(.init(path: place, reason: "copies the upgrade service makes of compose files before it replaces them"))
    } else {
      try await store(try Folder.entries(of: folder), of: folder, metadata, at: place)
    }
  }

  private static var upgradeLeftovers: String { "\(CapturedFolder.Place.compose.snapshotPath)/data/backup" }

  private mutating func store(_ entries: [Folder.Entry], of folder: FilePath, _ metadata: FileMetadata, at place: String) async throws {
    try await sink.add(folder: metadata, at: place)
    for entry in entries.sorted(by: { $0.name.string < $1.name.string }) {
      try Task.checkCancellation()
      guard FilePath.Component(entry.name.string) == entry.name else {
        noteName(entry.name.string, in: place)
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
        // A folder that cannot be listed or entered fails before anything of it is stored.
        if try await !storeArchived(source, at: path, insteadOf: error) { note(path, error) }
      }
    }
  }

  /// What a link to a file leads to is what counts, wherever it lies: `.env` and certificates are often links. Other links are kept as such.
  private mutating func storeLink(_ source: FilePath, at path: String) async throws {
    let target = try FileMetadata.ifPresent(source)
    if target?.kind == .file { return try await storeFile(source, at: path) }
    // It may have been made for a container, where other paths are.
    if target == nil, let volumes, let file = try await ArchivedTree.read(source, through: volumes)?.files.first, file.kind == .file {
      return try await storeArchived(file, at: path)
    }
    let link = try source.symlinkTarget()
    try await sink.add(symlink: link, try FileMetadata.of(source, followingSymlinks: false), at: path)
    noteLink(path, to: String(decoding: link, as: UTF8.self), isDangling: target == nil)
  }

  // MARK: Through the engine

  /// - Returns: whether the container engine had it.
  private mutating func storeArchived(_ source: FilePath, at place: String, insteadOf error: FileError) async throws -> Bool {
    let isRefused = [.permissionDenied, .notPermitted, .noSuchFileOrDirectory].contains(error.errno)
    guard isRefused, let volumes, let archived = try await ArchivedTree.read(source, through: volumes) else { return false }
    for file in archived.files {
      guard FilePath(file.path.string) == file.path else {
        noteName(file.path.string, in: place)
        continue
      }
      let path = file.path.isEmpty ? place : "\(place)/\(file.path.string)"
      switch file.kind {
      case .folder: try await sink.add(folder: file.metadata, at: path)
      case .symlink(let target): try await storeArchived(link: file, to: target, of: archived, at: path)
      case .file: try await storeArchived(file, at: path)
      case .other: continue
      }
    }
    return true
  }

  /// As `storeLink`. What is not found may well be on the host, where only others may look.
  private mutating func storeArchived(link: ArchivedFile, to target: FilePath, of archived: ArchivedTree, at path: String) async throws {
    let found = try await archived.target(of: link)
    if let found, found.kind == .file { return try await storeArchived(found, at: path) }
    try await sink.add(symlink: Array(target.string.utf8), link.metadata, at: path)
    guard found == nil else { return noteLink(path, to: target.string, isDangling: false) }
    findings.append(
      Finding(
        .error, .unreadable, file: path, message: "'\(path)' is a link to '\(target)', and what it leads to is not in this snapshot",
        remedy: "run as root; or remove the link, if nothing is there that it could lead to"))
  }

  private mutating func storeArchived(_ file: ArchivedFile, at path: String) async throws {
    records.append(try await sink.keep(sink.stage(MemoryBytes(file.content), file.metadata, at: path)))
  }

  /// A file that is being written is read again.
  private mutating func storeFile(_ source: FilePath, at path: String) async throws {
    for attempt in 1...Self.tries {
      let file = try HeldFile(opening: source, meter: meter)
      let staged = try await sink.stage(file, file.metadata, at: path)
      let now = try file.currentMetadata()
      let isSteady = now.size == file.byteCount && now.modified == file.metadata.modified
      guard isSteady || attempt == Self.tries else { continue }
      records.append(try await sink.keep(staged))
      if !isSteady { noteChange(path) }
      return
    }
  }

  // MARK: Findings

  private mutating func note(_ path: String, _ error: FileError) {
    findings.append(
      Finding(
        .error, .unreadable, file: path, message: "'\(path)' is not in this snapshot: \(error.summary)",
        remedy: error.hints.first ?? "correct its path in the configuration, then run the backup again"))
  }

  /// Manifest, JSON and checksums are UTF-8: two such names could not be told apart in them.
  private mutating func noteName(_ name: String, in place: String) {
    findings.append(
      Finding(
        .error, .nameNotUTF8, file: "\(place)/\(name)", message: "a file in '\(place)' is left out: its name is not UTF-8",
        remedy: "rename it, for example with 'convmv -t utf8', then run the backup again"))
  }

  private mutating func skip(_ path: String, _ reason: String) {
    findings.append(Finding(.warning, .foreignFile, file: path, message: reason, remedy: "remove it from the configuration"))
  }

  private mutating func noteLink(_ path: String, to target: String, isDangling: Bool) {
    let what = isDangling ? "'\(target)', which is not there" : "the folder '\(target)'"
    let remedy =
      isDangling
      ? "the link is kept; if CHT needs what it leads to, put that back"
      : "the link is kept; name its target under 'extra' to store that, too"
    findings.append(
      Finding(
        .warning, .foreignFile, file: path, message: "'\(path)' is a link to \(what); only the link is in the snapshot", remedy: remedy))
  }

  /// What was read may be half of the old and half of the new.
  private mutating func noteChange(_ path: String) {
    findings.append(
      Finding(
        .warning, .changedWhileRead, file: path, message: "'\(path)' was written to each of \(Self.tries) times it was read",
        remedy: "run the backup again when nothing writes to it"))
  }
}
