import CouchFormat

/// What the copies of a database are called, and where their files lie.
struct CopyNaming {
  /// The one that shape `users` consists of.
  static let userDatabase = "medic-user-chw001-meta"
  /// Those that a folder of shape `users` has besides, once each: no CouchDB is without them.
  static let oneOfAKind: Set = ["_users", "_replicator"]

  let shape: Shape
  let copies: Int

  /// The names of a database and its copies, by their number; none if it is left out.
  func names(of database: String) -> [String] {
    switch shape {
    case .large: [database]
    case .many: (0..<copies).map { $0 == 0 ? database : "c\($0)/\(database)" }
    case .users:
      if database == Self.userDatabase {
        (0..<copies).map { "medic-user-\($0 + 1)-meta" }
      } else {
        Self.oneOfAKind.contains(database) ? [database] : []
      }
    }
  }

  /// The paths of a file and its copies, by their number.
  func paths(of path: String) -> [String] {
    switch DataFolderEntry(path: path) {
    case .shard(let shard): paths(shard) { $0.path }
    case .shardIndex(let shard, let signature): paths(shard) { $0.indexPath(signature) }
    default: [path]
    }
  }

  private func paths(_ shard: ShardPath, _ path: (ShardPath) -> String) -> [String] {
    names(of: shard.database).map { path(ShardPath(range: shard.range, database: $0, suffix: shard.suffix)) }
  }

  /// The database that a shard belongs to; `nil` for any other file.
  static func database(ofShard path: String) -> String? {
    if case .shard(let shard) = DataFolderEntry(path: path) { shard.database } else { nil }
  }
}
