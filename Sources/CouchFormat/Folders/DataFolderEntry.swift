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
  private static let searchFolders = ["nouveau", "search_indexes"]

  /// - Parameter path: below the data folder, with slashes, without one at the start.
  package init(path: String) {
    let top = path.utf8.prefix { $0 != UInt8(ascii: "/") }
    let isInFolder = top.endIndex < path.endIndex
    let design = Self.designFolder(path)
    if isInFolder, top.elementsEqual(".delete".utf8) {
      self = .awaitingDeletion
    } else if isInFolder, Self.searchFolders.contains(where: { top.elementsEqual($0.utf8) }) || Self.isNodeName(top) {
      self = .searchIndex
    } else if Self.leftovers.contains(where: { Strip.suffix($0, of: path) != nil }) {
      self = .compactionLeftover
    } else if Strip.suffix(".deleted.couch", of: path) != nil || design.map({ Self.isOfDeleted($0.stem) }) == true {
      self = .deletedDatabase
    } else if let shard = ShardPath(path) {
      self = .shard(shard)
    } else {
      self = design.flatMap(Self.index) ?? Self.nodeLocalDatabase(path) ?? .unknown
    }
  }

  /// On Kubernetes, Nouveau's own folder is the data folder: its indexes lie in `NODE/shards/RANGE/NAME.TS/SIGNATURE/`.
  ///
  /// No database's name has an `@`. Source: apache/couchdb `nouveau_util.erl`, `index_name/1`.
  private static func isNodeName(_ folder: Substring.UTF8View) -> Bool {
    guard let at = folder.firstIndex(of: UInt8(ascii: "@")) else { return false }
    return at > folder.startIndex && at < folder.index(before: folder.endIndex)
  }

  /// `NAME.DATE.TIME.deleted.TS_design/…`
  private static func isOfDeleted(_ stem: Substring) -> Bool {
    stem.utf8.split(separator: UInt8(ascii: ".")).dropLast().last?.elementsEqual("deleted".utf8) == true
  }

  private static func index(_ design: (stem: Substring, rest: Substring)) -> Self? {
    guard let file = Strip.prefix("mrview/", of: design.rest), let signature = Strip.suffix(".view", of: file), signature.utf8.count == 32,
      !signature.utf8.contains(UInt8(ascii: "/"))
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

  /// Splits a path that begins with a dot at the last `_design/`: a name may hold one, too.
  private static func designFolder(_ path: String) -> (stem: Substring, rest: Substring)? {
    guard path.utf8.first == UInt8(ascii: ".") else { return nil }
    var end = path.utf8.endIndex
    while let slash = path.utf8[..<end].lastIndex(of: UInt8(ascii: "/")) {
      let next = path.utf8.index(after: slash)
      if let stem = Strip.suffix("_design/", of: path[..<next]) { return (stem, path[next...]) }
      end = slash
    }
    return nil
  }
}
