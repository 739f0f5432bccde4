import CouchFormat
import Deployments
import Primitives
import ResticFormat

/// Which part of a snapshot is restored.
package struct Selection: Sendable {
  /// Paths in the snapshot; all below them is meant.
  package let paths: [String]
  /// Databases: their shards and indexes.
  package let databases: [String]

  package init(paths: [String] = [], databases: [String] = []) {
    self.paths = paths.map { String($0.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed()) }.filter { !$0.isEmpty }
    self.databases = databases
  }

  package var isEverything: Bool { paths.isEmpty && databases.isEmpty }

  /// - Throws: `nothingSelected` for a path or database that the snapshot does not have.
  package func items(in contents: SnapshotContents) throws -> [SnapshotContents.Item] {
    guard !isEverything else { return contents.items }
    for path in paths where !contents.items.contains(where: { Self.covers(path, $0.path) }) {
      throw RecoveryError(
        .nothingSelected, "snapshot '\(contents.id.short)' has no path '\(path)'",
        hints: ["'akiba restore \(contents.id.short) --dry-run' lists all paths"])
    }
    for database in databases where !contents.items.contains(where: { Self.database(of: $0.path) == database }) {
      let known = Set(contents.items.compactMap { Self.database(of: $0.path) }).sorted().joined(separator: ", ")
      throw RecoveryError(
        .nothingSelected, "snapshot '\(contents.id.short)' has no database '\(database)'", hints: ["it has: \(known)"])
    }
    // What the backup wrote about itself comes along: without the manifest nothing can be proven.
    let chosen = contents.items.filter { $0.node.kind != .dir && (includes($0.path) || $0.path.hasPrefix("akiba/")) }
    let folders = Set(chosen.flatMap { Self.parents(of: $0.path) })
    return contents.items.filter { item in
      item.node.kind == .dir && (folders.contains(item.path) || paths.contains { Self.covers($0, item.path) })
    } + chosen
  }

  /// Whether a file's path in the snapshot is selected.
  package func includes(_ path: String) -> Bool {
    isEverything || paths.contains { Self.covers($0, path) } || databases.contains { $0 == Self.database(of: path) }
  }

  private static func covers(_ path: String, _ item: String) -> Bool { item == path || item.hasPrefix(path + "/") }

  private static func parents(of path: String) -> [String] {
    path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
  }

  /// The database whose shard or index a path is.
  static func database(of path: String) -> String? {
    guard let (_, dataPath) = SnapshotLayout.dataPath(path) else { return nil }
    switch DataFolderEntry(path: dataPath) {
    case .shard(let shard), .shardIndex(let shard, _): return shard.database
    default: return nil
    }
  }
}
