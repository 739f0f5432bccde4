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
  let tree: SnapshotTree

  func copy(_ node: FrozenNode) async throws -> CopyResult {
    var result = CopyResult(of: node)
    let prefix = SnapshotLayout.dataFolder(node: node.name)
    if let untouched = node.untouched {
      tree.keep(untouched.tree, node.folders.first?.metadata, at: prefix)
      result.take(untouched)
      return result
    }
    var sources = SourceFiles(of: node, meter: meter)
    let window = SaveWindow(writer: writer, width: Self.window)
    try await withThrowingTaskGroup(of: SavedPiece.self) { group in
      var files = node.files.take()
      while let file = files.popLast() {
        try await copy(file, of: node, from: &sources, through: window, &group, &result)
        progress.update { $0.filesDone += 1 }
        add(window.takeFinished(), to: &result)
      }
      try await window.drain(&group)
      add(window.takeFinished(), to: &result)
    }
    for folder in node.folders { tree.add(folder: folder.metadata, at: folder.path.isEmpty ? prefix : "\(prefix)/\(folder.path)") }
    result.add(sources)
    return result
  }

  private func add(_ files: [SaveWindow.Finished], to result: inout CopyResult) {
    for file in files {
      tree.add(file.copied)
      result.add(file.copied.record, of: file.entry)
    }
  }

  private func copy(
    _ file: FrozenFile, of node: FrozenNode, from sources: inout SourceFiles, through window: SaveWindow,
    _ group: inout ThrowingTaskGroup<SavedPiece, any Error>, _ result: inout CopyResult
  ) async throws {
    let isStored = { (id: ContentID) in writer.contains(BlobHandle(id, .data)) }
    if let kept = unchanged(file, of: node, isStored) {
      tree.add(kept)
      result.add(kept.record, of: file.entry)
      result.reused += 1
      return
    }
    try await sources.read(file) { file, source in
      do {
        try await read(FileCopy(file, source: source, merging: true, isStored: isStored), of: node, through: window, &group, &result)
      } catch FileCopy.Failure.rotted(let range) {
        noteRot(file, of: node, range, &result)
        try await read(FileCopy(file, source: source, merging: false, isStored: isStored), of: node, through: window, &group, &result)
      }
    }
  }

  private func read(
    _ copy: FileCopy, of node: FrozenNode, through window: SaveWindow, _ group: inout ThrowingTaskGroup<SavedPiece, any Error>,
    _ result: inout CopyResult
  ) async throws {
    let number = window.begin(copy.pieces)
    let (digest, state) = try await copy.run { piece, bytes, id in
      try await window.save(bytes, id: id, file: number, piece: piece, &group)
      progress.update { $0.bytesDone += bytes.count }
    }
    let file = copy.file
    let record = FileRecord(
      path: "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)", size: file.end, sha256: digest,
      couch: file.facts.record(sha256State: state.hex))
    window.finish(number, entry: file.entry, record: record, metadata: file.metadata)
    if file.isSameFile { result.grown += 1 } else { result.fresh += 1 }
  }

  /// The stored bytes are what CouchDB wrote; the ones on disk are no longer: the snapshot keeps the stored ones.
  private func noteRot(_ file: FrozenFile, of node: FrozenNode, _ range: Range<Int>, _ result: inout CopyResult) {
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
}
