/// What a file below a data folder is, by its path alone.
package enum DataFolderEntry: Hashable, Sendable {
  /// `_dbs.couch`: which shards there are, and on which nodes.
  case shardMap
  /// `_nodes.couch`: the members of the cluster.
  case nodes
  /// `NAME.couch` at the top: node-local, among them leftovers of CouchDB 1 and of port 5986.
  case nodeLocal(database: String)
  case shard(ShardPath)
  case shardIndex(ShardPath, signature: String)
  case nodeLocalIndex(database: String, signature: String)
  /// `.compact*`: never to be backed up, and dangerous when restored.
  case compactionLeftover
  /// `.delete/…`: emptied at every start.
  case awaitingDeletion
  /// Kept by `enable_database_recovery`: a database or its indexes after its deletion.
  case deletedDatabase
  /// Nouveau's and Clouseau's indexes: not append-only, rebuilt when missing.
  case searchIndex
  case unknown

  private static let leftovers = [".compact", ".compact.data", ".compact.meta", ".compact.view"]
  private static let searchFolders: Set<Substring> = ["nouveau", "search_indexes"]

  /// - Parameter path: below the data folder, with slashes, without one at the start.
  package init(path: String) {
    let top = path.prefix { $0 != "/" }
    if top == ".delete", top.endIndex < path.endIndex {
      self = .awaitingDeletion
    } else if Self.searchFolders.contains(top) || Self.isNodeName(top), top.endIndex < path.endIndex {
      self = .searchIndex
    } else if Self.leftovers.contains(where: path.hasSuffix) {
      self = .compactionLeftover
    } else if path.hasSuffix(".deleted.couch") || Self.isIndexOfDeleted(path) {
      self = .deletedDatabase
    } else if let shard = ShardPath(path) {
      self = .shard(shard)
    } else {
      self = Self.index(path) ?? Self.nodeLocalDatabase(path) ?? .unknown
    }
  }

  /// On Kubernetes, Nouveau's own folder is the data folder: its indexes lie in `NODE/shards/RANGE/NAME.TS/SIGNATURE/`.
  ///
  /// No database's name has an `@`. Source: apache/couchdb `nouveau_util.erl`, `index_name/1`.
  private static func isNodeName(_ folder: Substring) -> Bool {
    guard let at = folder.firstIndex(of: "@") else { return false }
    return at > folder.startIndex && at < folder.index(before: folder.endIndex)
  }

  /// `NAME.DATE.TIME.deleted.TS_design/…`
  private static func isIndexOfDeleted(_ path: String) -> Bool {
    guard path.hasPrefix("."), let design = folder(path) else { return false }
    return design.stem.split(separator: ".").dropLast().last == "deleted"
  }

  private static func index(_ path: String) -> Self? {
    guard path.hasPrefix("."), let design = folder(path), let file = Strip.prefix("mrview/", of: design.rest),
      let signature = Strip.suffix(".view", of: file), signature.utf8.count == 32, !signature.contains("/")
    else { return nil }
    if let stem = Strip.prefix(".shards/", of: design.stem) {
      return ShardPath(stem: stem).map { .shardIndex($0, signature: String(signature)) }
    }
    return .nodeLocalIndex(database: String(design.stem.dropFirst()), signature: String(signature))
  }

  private static func nodeLocalDatabase(_ path: String) -> Self? {
    guard let name = Strip.suffix(".couch", of: path), !name.isEmpty, !name.hasPrefix("."), !name.hasPrefix("shards/") else { return nil }
    return switch name {
    case "_dbs": .shardMap
    case "_nodes": .nodes
    default: .nodeLocal(database: String(name))
    }
  }

  /// Splits at the last `_design/`: a name may hold one, too.
  private static func folder(_ path: String) -> (stem: Substring, rest: Substring)? {
    let mark = Array("_design/")
    let characters = Array(path)
    guard characters.count >= mark.count else { return nil }
    for start in (0...characters.count - mark.count).reversed() where characters[start..<start + mark.count].elementsEqual(mark) {
      return (path.prefix(start), path.dropFirst(start + mark.count))
    }
    return nil
  }
}
