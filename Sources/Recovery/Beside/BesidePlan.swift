package import CouchFormat
package import Deployments
import Files
import Primitives
package import Repositories
import ResticFormat
import SystemPackage

/// What a database beside the live one is made of: which file of the snapshot goes where, and the document that names them.
package struct BesidePlan: Sendable {
  package struct File: Sendable {
    package let item: SnapshotContents.Item
    /// Below the data folder, as it is in the snapshot.
    let stored: String
    /// Below the data folder, under the new name.
    package let path: String
    let shard: ShardPath
    let isIndex: Bool
  }

  package let database: String
  package let name: DatabaseName
  package let node: String
  /// Shards and indexes, by path.
  package let files: [File]
  /// For CouchDB's shard map, as JSON.
  package let document: [UInt8]
  package let manifest: Manifest
  /// `_dbs.couch` of the snapshot.
  let map: MemoryBytes
  let snapshot: String

  /// - Throws: `nothingSelected`, `damagedSnapshot`, or `notPossible` for a database on more than one node.
  package init(
    of database: String, as name: DatabaseName, in contents: SnapshotContents, _ reader: RepositoryReader
  ) async throws {
    guard let manifest = try await contents.manifest(reader) else {
      throw RecoveryError(
        .notARestore, "snapshot '\(contents.id.short)' was not made by akiba: it has no '\(SnapshotLayout.manifest)'",
        hints: ["'akiba snapshots' lists those that were"])
    }
    let snapshot = contents.id.short
    let (entry, map, header) = try await Self.entry(of: database, in: contents, reader, manifest)
    let nodes = entry.byNode.keys.sorted()
    guard let node = nodes.first, nodes.count == 1 else {
      throw RecoveryError(
        .notPossible, "database '\(database)' lies on \(nodes.count) nodes: \(nodes.joined(separator: ", "))",
        hints: ["--beside works with databases of one node; restore its files with --database '\(database)' --to FOLDER"])
    }
    guard let document = try ShardMapDocument.json(of: database, as: name, in: map, header) else {
      throw RecoveryError(.damagedSnapshot, "the shard map of snapshot '\(snapshot)' has no document '\(database)'")
    }
    self.database = database
    self.name = name
    self.node = node
    self.manifest = manifest
    self.map = map
    self.document = document
    self.snapshot = snapshot
    files = Self.files(of: entry, on: node, as: name, in: contents)
    try requireAllRanges(of: entry)
    try requireShortNames()
  }

  package var bytes: Int { files.reduce(0) { $0 + Int(clamping: $1.item.node.size) } }

  /// `.1718000000`
  package var suffix: String { files.first?.shard.suffix ?? "" }

  package var ranges: [HashRange] { files.filter { !$0.isIndex }.map(\.shard.range).sorted() }

  // MARK: Out of the snapshot

  private static func entry(
    of database: String, in contents: SnapshotContents, _ reader: RepositoryReader, _ manifest: Manifest
  ) async throws -> (ShardMap.Entry, MemoryBytes, FoundHeader) {
    var known: Set<String> = []
    for node in manifest.nodes.map(\.name) {
      let path = "\(SnapshotLayout.dataFolder(node: node))/_dbs.couch"
      guard let item = contents.files.first(where: { $0.path == path }) else { continue }
      let source = MemoryBytes(try await reader.load(item.node.content))
      do {
        guard let header = try HeaderSearch.newest(in: source) else {
          throw CouchFormatError(.headerUnknown, "it has no valid header")
        }
        let live = try ShardMap(source, header).live
        if let entry = live.first(where: { $0.database == database }) { return (entry, source, header) }
        known.formUnion(live.map(\.database))
      } catch let error as CouchFormatError where error.kind != .cancelled {
        throw RecoveryError(
          .damagedSnapshot, "the shard map '\(path)' of snapshot '\(contents.id.short)' cannot be read: \(error.summary)",
          hints: ["take an older snapshot: 'akiba snapshots' lists them"])
      }
    }
    throw RecoveryError(
      .nothingSelected, "snapshot '\(contents.id.short)' has no database '\(database)'",
      hints: ["it has: \(known.sorted().joined(separator: ", "))"])
  }

  /// What the map does not name, such as shards of an earlier database of that name, stays behind.
  private static func files(of entry: ShardMap.Entry, on node: String, as name: DatabaseName, in contents: SnapshotContents) -> [File] {
    let shards = Set((entry.byNode[node] ?? []).map(entry.shardPath))
    return contents.files.compactMap { item in
      guard let (holder, path) = SnapshotLayout.dataPath(item.path), holder == node else { return nil }
      switch DataFolderEntry(path: path) {
      case .shard(let shard) where shards.contains(shard):
        let target = shard.renamed(name)
        return File(item: item, stored: path, path: target.path, shard: target, isIndex: false)
      case .shardIndex(let shard, let signature) where shards.contains(shard):
        let target = shard.renamed(name)
        return File(item: item, stored: path, path: target.indexPath(signature), shard: target, isIndex: true)
      default: return nil
      }
    }
  }

  // MARK: Refusals

  /// CouchDB would make the missing ones, empty.
  private func requireAllRanges(of entry: ShardMap.Entry) throws {
    let missing = Set(entry.ranges).subtracting(ranges).sorted()
    guard missing.isEmpty else {
      throw RecoveryError(
        .damagedSnapshot,
        "snapshot '\(snapshot)' lacks \(missing.count) of the \(entry.ranges.count) shards of '\(database)', the first \(missing[0])",
        hints: [
          "take another snapshot: 'akiba snapshots' lists them", "or what there is, to a folder: --database '\(database)' --to FOLDER",
        ])
    }
  }

  private static let longestName = 255

  private func requireShortNames() throws {
    let longest = files.map { FileRestore.partName(of: FilePath($0.path)).lastComponent?.string.utf8.count ?? 0 }.max() ?? 0
    let design = (name.description.split(separator: "/").last?.utf8.count ?? 0) + suffix.utf8.count + "_design".utf8.count
    guard max(longest, design) <= Self.longestName else {
      throw RecoveryError(.notPossible, "'\(name)' is too long for a file's name", hints: ["choose a shorter name with --beside"])
    }
  }
}

extension ShardPath {
  fileprivate func renamed(_ name: DatabaseName) -> ShardPath {
    ShardPath(range: range, database: name.description, suffix: suffix)
  }
}
