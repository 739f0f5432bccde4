import Deployments
import Files
import Primitives

/// The second pass of an export into a folder: appends what is new of each frozen file, rewrites those of a new generation.
struct ExportStage {
  let tree: ExportTree
  /// Of files that are as the last export left them, by path in the tree.
  let stamps: [String: ExportState.Stamp]
  let meter: ReadMeter
  let progress: BackupProgress

  func copy(_ node: FrozenNode) async throws -> CopyResult {
    let prefix = SnapshotLayout.dataFolder(node: node.name)
    for folder in node.folders { try tree.add(folder: folder.metadata, at: folder.path.isEmpty ? prefix : "\(prefix)/\(folder.path)") }
    var result = CopyResult(of: node)
    var sources = SourceFiles(of: node, meter: meter)
    var files = node.files.take()
    while let file = files.popLast() {
      let path = "\(prefix)/\(file.path)"
      if case .unchanged = file.source, let known = file.remembered, let stamp = stamps[path] {
        try tree.keep(known.record, file.metadata, stamp: stamp)
        result.add(known.record, of: file.entry)
        result.reused += 1
      } else {
        try await sources.read(file) { file, source in
          result.add(try await write(file, from: source, to: path), of: file.entry)
          if file.isSameFile { result.grown += 1 } else { result.fresh += 1 }
        }
      }
      progress.update { $0.filesDone += 1 }
    }
    result.add(sources)
    return result
  }

  private func write(_ file: FrozenFile, from source: any RandomAccess, to path: String) async throws -> FileRecord {
    let known = file.isSameFile ? file.remembered?.record.size : nil
    let target = try tree.open(path, known: known)
    let clone = known == nil ? try target.clone(source, end: file.end) : nil
    let copy = FileCopy(file, source: clone ?? source, merging: false, isStored: { _ in true })
    let (digest, state) = try await copy.run { number, bytes, _ in
      if clone == nil { try target.write(bytes, at: copy.pieces[number].range.lowerBound) }
      progress.update { $0.bytesDone += bytes.count }
    }
    let new = file.end - (known ?? 0)
    try tree.close(target, at: path, file.metadata, bytesWritten: clone == nil ? new : 0, bytesShared: clone == nil ? 0 : new)
    return FileRecord(path: path, size: file.end, sha256: digest, couch: file.facts.record(sha256State: state.hex))
  }
}
