package import CouchFormat
import Files
package import SystemPackage

/// Databases as they are now in the data folders of a deployment, without CouchDB: each shard at its newest header.
package struct LiveDatabases {
  private let folders: [FilePath]
  private let entries: [String: ShardMap.Entry]

  /// While a compaction ends, a shard has no name for a moment.
  private static let tries = 3

  /// - Parameter dataFolders: One a node. The first one's shard map counts; all nodes have the same.
  /// - Throws: `DataFolderError` for a folder that is none; `CouchFormatError` for a damaged map.
  package init(_ dataFolders: [FilePath]) throws {
    folders = dataFolders
    for folder in dataFolders { try DataFolderError.check(folder) }
    guard let first = dataFolders.first else {
      entries = [:]
      return
    }
    let file = try HeldFile(opening: first.appending("_dbs.couch"))
    let live = try HeaderSearch.newest(in: file).map { try ShardMap(file, $0).live } ?? []
    entries = Dictionary(live.map { ($0.database, $0) }) { first, _ in first }
  }

  package var names: [String] { entries.keys.sorted() }

  /// The shards of a database that are here, in order of range; `nil` if the map does not name it.
  ///
  /// One that is missing or without a header is passed by: `MapCheck` reports those.
  package func shards(of database: String) throws -> [DatabaseFile]? {
    guard let entry = entries[database] else { return nil }
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
