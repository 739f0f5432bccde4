import CouchFormat
package import Deployments
import Files
import Primitives
package import SystemPackage

extension ProofSubject {
  /// Data folders, live or not, each of one node.
  package init(dataFolders: [FilePath]) async throws {
    let roots = try dataFolders.map { folder in
      try DataFolderError.check(folder)
      return try folder.resolved()
    }
    self.init(kind: .dataFolder, nodes: [])
    for root in roots {
      let prefix = roots.count > 1 ? "\(root)/" : ""
      nodes.append(try await node(at: root, name: nil, prefix: prefix, isLive: true))
    }
    findLate = { index, path in
      let file = roots[index].appending(path)
      guard (try? FileMetadata.ifPresent(file)) != nil else { return nil }
      return File(path: path, open: { try HeldFile(opening: file) })
    }
  }

  /// A folder that a restore filled, against its own manifest or a better one.
  ///
  /// - Parameter manifest: the snapshot's, out of the repository; `nil`: the one in the folder.
  package init(restored folder: FilePath, manifest better: Manifest? = nil) async throws {
    guard try FileMetadata.ifPresent(folder)?.kind == .folder else {
      throw RecoveryError(.notARestore, "'\(folder)' is not a folder", hints: ["name the folder given to 'akiba restore --to'"])
    }
    self.init(kind: .restoredFolder, nodes: [])
    let marker = try RestoreMarker.read(in: folder)
    manifest = try better ?? Self.manifest(in: folder)
    guard let manifest else {
      throw RecoveryError(
        .notARestore, "'\(folder)' has no '\(SnapshotLayout.manifest)'",
        hints: ["name the folder given to 'akiba restore --to', or verify a data folder with --data"])
    }
    if let marker, !(marker.paths.isEmpty && marker.databases.isEmpty) {
      let selection = Selection(paths: marker.paths, databases: marker.databases)
      expected = Set(manifest.files.map(\.path).filter { selection.includes($0) })
    }
    for node in manifest.nodes {
      let root = folder.appending(SnapshotLayout.dataFolder(node: node.name))
      guard try FileMetadata.ifPresent(root) != nil else { continue }
      nodes.append(try await self.node(at: root, name: node.name, prefix: SnapshotLayout.dataFolder(node: node.name) + "/", isLive: false))
    }
    try addPlainFiles(below: folder)
    if let marker, !marker.isComplete {
      findings.append(
        Finding(
          .error, .fileMissing, file: RestoreMarker.name.string, message: "the restore into '\(folder)' did not come to its end",
          remedy: "run the same 'akiba restore' again: it goes on where it stopped"))
    }
    if plain[SnapshotLayout.incomplete] != nil {
      findings.append(
        Finding(
          .error, .fileMissing, file: SnapshotLayout.incomplete,
          message: "an export into '\(folder)', or into what it was copied from, did not come to its end",
          remedy: "run the same 'akiba export' again: it goes on where it stopped; then copy again"))
    }
  }

  private static func manifest(in folder: FilePath) throws -> Manifest? {
    let path = folder.appending(SnapshotLayout.manifest)
    guard try FileMetadata.ifPresent(path) != nil else { return nil }
    let file = try HeldFile(opening: path)
    return try Manifest(text: file.bytes(at: 0, count: file.byteCount))
  }

  private mutating func node(at root: FilePath, name: String?, prefix: String, isLive: Bool) async throws -> Node {
    let listing = try await DataFolderListing(scanning: root)
    var node = Node(name: name, prefix: prefix, files: [:])
    for file in listing.files {
      let path = root.appending(file.path)
      node.files[file.path] = File(path: prefix + file.path, open: { try HeldFile(opening: path) })
    }
    findings += listing.leftOut.compactMap { Self.leftover($0, prefix, isLive: isLive) }
    for path in listing.foreign {
      findings.append(
        Finding(
          isLive ? .warning : .error, .foreignFile, file: prefix + path, message: "'\(path)' is not a file of CouchDB",
          remedy: "move it out of the data folder"))
    }
    return node
  }

  private static func leftover(_ item: Manifest.LeftOut, _ prefix: String, isLive: Bool) -> Finding? {
    switch DataFolderEntry(path: item.path) {
    case .compactionLeftover where isLive:
      Finding(
        .warning, .compactionLeftover, file: prefix + item.path, message: "'\(item.path)' belongs to a compaction, running or left over",
        remedy: "never copy it to another place; if no compaction runs, delete it while CouchDB is stopped")
    case .compactionLeftover:
      Finding(
        .error, .compactionLeftover, file: prefix + item.path,
        message: "'\(item.path)' is left over from a compaction: the next one would bring deleted documents back",
        remedy: "delete it before CouchDB is started")
    case _ where isLive: nil  // what CouchDB has in its folder besides its files is its own affair
    default:
      Finding(
        .error, .fileUnexpected, file: prefix + item.path, message: "'\(item.path)': \(item.reason)",
        remedy: "not part of a backup; CouchDB needs nothing of it")
    }
  }

  private mutating func addPlainFiles(below folder: FilePath) throws {
    let marks = [RestoreMarker.name.string, SnapshotLayout.exportState.string]
    for path in try Self.files(below: folder) where SnapshotLayout.dataPath(path) == nil && !marks.contains(path) {
      let file = folder.appending(path)
      plain[path] = File(path: path, open: { try HeldFile(opening: file) })
    }
  }

  private static func files(below root: FilePath) throws -> [String] {
    var open = [""]
    var files: [String] = []
    while let path = open.popLast() {
      for entry in try Folder.entries(of: path.isEmpty ? root : root.appending(path)) {
        let name = path.isEmpty ? entry.name.string : "\(path)/\(entry.name.string)"
        switch entry.kind {
        case .folder where SnapshotLayout.dataPath(name + "/") == nil: open.append(name)
        case .file: files.append(name)
        default: continue
        }
      }
    }
    return files
  }
}
