import Files
import Primitives
package import SystemPackage

/// A folder is not the data folder of a CouchDB.
package struct DataFolderError: Explainable {
  package let summary: String
  package let hints: [String]
}

extension DataFolderError {
  private static let advice = "name the folder that is mounted as /opt/couchdb/data (COUCHDB_DATA in CHT's .env)"

  /// Looks for the shard map and the shards, and where they are if not here: one level too high or too low is the usual mistake.
  package static func check(_ folder: FilePath) throws {
    guard let metadata = try FileMetadata.ifPresent(folder) else {
      throw DataFolderError(summary: "couchdb data folder '\(folder)' does not exist", hints: [advice, "is its disk mounted?"])
    }
    guard metadata.kind == .folder else {
      throw DataFolderError(summary: "couchdb data folder '\(folder)' is not a folder", hints: [advice])
    }
    let hasMap = try holds("_dbs.couch", folder)
    let hasShards = try holds("shards", folder)
    if hasMap { return }
    if hasShards {
      throw DataFolderError(
        summary: "couchdb data folder '\(folder)' has shards but no shard map '_dbs.couch': CouchDB would show no databases",
        hints: ["restore '_dbs.couch' from the last snapshot; do not start CouchDB before"])
    }
    throw DataFolderError(summary: try summary(folder), hints: try relative(folder).map { ["did you mean '\($0)'?"] } ?? [advice])
  }

  private static func holds(_ name: FilePath.Component, _ folder: FilePath) throws -> Bool {
    try FileMetadata.ifPresent(folder.appending(name)) != nil
  }

  private static func summary(_ folder: FilePath) throws -> String {
    let isEmpty = try Folder.entries(of: folder).isEmpty
    return "couchdb data folder '\(folder)' \(isEmpty ? "is empty" : "has no shard map '_dbs.couch' and no folder 'shards'")"
  }

  private static func relative(_ folder: FilePath) throws -> FilePath? {
    let above = folder.removingLastComponent()
    if !above.isEmpty, above != folder, try holds("_dbs.couch", above) { return above }
    return try Folder.entries(of: folder).filter { $0.kind != .file }.map { folder.appending($0.name) }.first {
      try holds("_dbs.couch", $0)
    }
  }
}
