import CouchFormat

/// What a file's path means for a backup.
extension DataFolderEntry {
  /// A view index, of a shard or of a node-local database.
  package var isIndex: Bool { indexedDatabasePath != nil }

  /// For an index: the path of the database file it must not be ahead of.
  package var indexedDatabasePath: String? {
    switch self {
    case .shardIndex(let shard, _): shard.path
    case .nodeLocalIndex(let database, _): "\(database).couch"
    default: nil
    }
  }
}
