package import CouchFormat
import Files
package import SystemPackage

/// Databases as they are now in the data folders of a deployment, without CouchDB: each shard at its newest header.
package struct LiveDatabases {
  private let folders: [FilePath]
  /// `nil` for a map without a header: it names no database.
  private let map: (file: HeldFile, header: FoundHeader)?

  /// While a compaction ends, a shard has no name for a moment.
  private static let tries = 3

  /// - Parameter dataFolders: One a node. The first one's shard map counts; all nodes have the same.
  /// - Throws: `DataFolderError` for a folder that is none; `CouchFormatError` for a damaged map, then or when it is asked.
  package init(_ dataFolders: [FilePath]) throws {
    folders = dataFolders
    for folder in dataFolders { try DataFolderError.check(folder) }
    guard let first = dataFolders.first else {
      map = nil
      return
    }
    let file = try HeldFile(opening: first.appending("_dbs.couch"))
    map = try HeaderSearch.newest(in: file).map { (file, $0) }
  }

  package func contains(_ database: String) throws -> Bool { try entry(of: database) != nil }

  private func entry(of database: String) throws -> ShardMap.Entry? {
    try map.flatMap { try ShardMap.entry(of: database, in: $0.file, $0.header) }
  }

  /// The shards of a database that are here, in order of range; `nil` if the map does not name it.
  ///
  /// One that is missing or without a header is passed by: `MapCheck` reports those.
  package func shards(of database: String) throws -> [DatabaseFile]? {
    guard let entry = try entry(of: database) else { return nil }
    return try entry.ranges.compactMap { range in
      guard let file = try open(entry.shardPath(range).path), let header = try HeaderSearch.newest(in: file) else { return nil }
      return try DatabaseFile(file, header)
    }
  }

  /// The JSON of all live documents of a database whose ids begin with `prefix`.
  package func documents(of database: String, prefix: String) throws -> [[UInt8]] {
    try (shards(of: database) ?? []).flatMap { shard in
      let chunks = shard.lookupChunks()
      return try shard.documents(prefix: prefix, chunks).compactMap { try shard.json(of: $0, chunks) }
    }
  }

  private func open(_ path: String) throws(FileError) -> HeldFile? {
    for _ in 0..<Self.tries {
      for folder in folders {
        do {
          return try HeldFile(opening: folder.appending(path))
        } catch  where error.errno == .noSuchFileOrDirectory {
          continue
        }
      }
    }
    return nil
  }
}
