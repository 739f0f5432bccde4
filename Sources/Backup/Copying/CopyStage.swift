import CouchFormat
import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import Synchronization
import SystemPackage

/// The second pass: copies every frozen file that has something new. One reader, several sealers.
///
/// The reader goes through the files one after another, so that the disk sees one sequential stream; hashing, compressing and
/// sealing run in a window of child tasks.
struct CopyStage {
  /// Pieces read and not yet handed to a pack: bounds memory at about this many times 3 MiB.
  private static let window = 6

  let writer: PackWriter
  let meter: ReadMeter
  let progress: BackupProgress

  struct Result {
    /// By path below the data folder.
    var files: [String: CopiedFile] = [:]
    var findings: [Finding] = []
    var leftOut: [Manifest.LeftOut] = []
    var reused = 0
    var grown = 0
    var fresh = 0
  }

  func copy(_ node: FrozenNode) async throws -> Result {
    var result = Result()
    let window = SaveWindow(writer: writer, width: Self.window)
    try await withThrowingTaskGroup(of: SavedPiece.self) { group in
      for file in node.files.values.sorted(by: { $0.path < $1.path }) {
        try await copy(file, of: node, through: window, &group, &result)
        progress.update { $0.filesDone += 1 }
      }
      try await window.drain(&group)
    }
    try window.fill(&result.files)
    return result
  }

  private func copy(
    _ file: FrozenFile, of node: FrozenNode, through window: SaveWindow, _ group: inout ThrowingTaskGroup<SavedPiece, any Error>,
    _ result: inout Result
  ) async throws {
    let isStored = { (id: ContentID) in writer.contains(BlobHandle(id, .data)) }
    if let kept = unchanged(file, of: node, isStored) {
      result.files[file.path] = kept
      result.reused += 1
      return
    }
    do {
      let source = try source(of: file, in: node)
      try await read(FileCopy(file, source: source, merging: true, isStored: isStored), of: node, through: window, &group, &result)
    } catch FileCopy.Failure.rotted(let range) {
      noteRot(file, of: node, range, &result)
      do {
        let source = try source(of: file, in: node)
        try await read(FileCopy(file, source: source, merging: false, isStored: isStored), of: node, through: window, &group, &result)
      } catch FileCopy.Failure.changed(let what) {
        try giveUp(file, of: node, what, &result)
      }
    } catch FileCopy.Failure.changed(let what) {
      if !file.isHeld, !file.entry.isIndex, let later = try refrozen(file, of: node) {
        noteLater(later, of: node, &result)
        try await copy(later, of: node, through: window, &group, &result)
      } else {
        try giveUp(file, of: node, what, &result)
      }
    }
  }

  /// A file that could not be kept open and was replaced by a compaction meanwhile: taken as it is now.
  private func refrozen(_ file: FrozenFile, of node: FrozenNode) throws -> FrozenFile? {
    var freezer = FileFreezer(dataFolder: node.dataFolder, remembered: [:], meter: meter, budget: DescriptorBudget(limit: .max))
    guard case .frozen(let later) = freezer.freeze(file.path, file.entry), later.facts.updateSeq >= file.facts.updateSeq else { return nil }
    return later
  }

  private func noteLater(_ file: FrozenFile, of node: FrozenNode, _ result: inout Result) {
    result.findings.append(
      Finding(
        .warning, .frozenLater, file: "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)",
        message: "'\(file.path)' was compacted while it waited to be copied and is of a later moment than the rest",
        remedy: "raise the limit of open files ('ulimit -n', LimitNOFILE in a unit) above the number of shards"))
  }

  private func read(
    _ copy: FileCopy, of node: FrozenNode, through window: SaveWindow, _ group: inout ThrowingTaskGroup<SavedPiece, any Error>,
    _ result: inout Result
  ) async throws {
    let number = window.begin(copy.pieces)
    let (digest, state) = try await copy.run { piece, bytes in
      try await window.save(bytes, file: number, piece: piece, &group)
      progress.update { $0.bytesDone += bytes.count }
    }
    let file = copy.file
    let record = FileRecord(
      path: "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)", size: file.end, sha256: digest,
      couch: file.facts.record(sha256State: state.hex))
    window.finish(number, path: file.path, record: record, metadata: file.metadata)
    if file.isSameFile { result.grown += 1 } else { result.fresh += 1 }
  }

  /// The stored bytes are what CouchDB wrote; the ones on disk are no longer: the snapshot keeps the stored ones.
  private func noteRot(_ file: FrozenFile, of node: FrozenNode, _ range: Range<Int>, _ result: inout Result) {
    result.findings.append(
      Finding(
        .error, .fileDiffers, file: "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)", offset: range.lowerBound,
        message: "bytes \(range.lowerBound) to \(range.upperBound) of '\(file.path)' on disk are not what an earlier backup read there",
        remedy: "the disk damages data: replace it; this snapshot holds the earlier bytes, restore the file from it"))
  }

  /// What the last snapshot holds is taken over without a look at the source.
  private func unchanged(_ file: FrozenFile, of node: FrozenNode, _ isStored: (ContentID) -> Bool) -> CopiedFile? {
    guard case .unchanged = file.source, let known = file.remembered, known.blobs.allSatisfy({ isStored($0.blob) }),
      Cutting.pieces(known: known.blobs, end: file.end).allSatisfy({ $0.blob != nil })
    else { return nil }
    return CopiedFile(record: known.record, metadata: file.metadata, content: known.blobs.map(\.blob))
  }

  private func source(of file: FrozenFile, in node: FrozenNode) throws -> any RandomAccess {
    switch file.source {
    case .held(let held): return held
    case .memory(let bytes): return bytes
    case .reopened(let path): return try reopen(path, file)
    // Known to the last snapshot but missing in a location, or about to be merged.
    case .unchanged: return try reopen(node.dataFolder.appending(file.path), file)
    }
  }

  private func reopen(_ path: FilePath, _ frozen: FrozenFile) throws -> HeldFile {
    do {
      let file = try HeldFile(opening: path, meter: meter)
      guard file.identity.text == frozen.facts.identity else { throw FileCopy.Failure.changed("it was replaced") }
      return file
    } catch let error as FileError where error.errno == .noSuchFileOrDirectory {
      throw FileCopy.Failure.changed("it is gone")
    }
  }

  /// An index that was reset meanwhile is left out. A database file never changes under its header: if it did, the source is damaged.
  private func giveUp(_ file: FrozenFile, of node: FrozenNode, _ reason: String, _ result: inout Result) throws {
    let path = "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)"
    guard file.entry.isIndex else {
      throw BackupError(
        .damagedSource, "'\(node.dataFolder.appending(file.path))' changed under the backup: \(reason)",
        hints: [
          "run the backup again; if it says the same, look at the disk's health and restore this file from the last snapshot",
          "nothing but CouchDB may write into its data folder",
        ])
    }
    result.leftOut.append(.init(path: file.path, reason: reason))
    result.findings.append(
      Finding(
        .warning, .indexLeftOut, file: path, message: "index '\(file.path)' is left out: \(reason)",
        remedy: "CouchDB builds it anew after a restore; the next backup takes it"))
  }
}
