package import Primitives

/// One database's document of `_dbs.couch` as JSON, for another database made of the same shards.
package enum ShardMapDocument {
  /// Suffix, ranges, nodes and properties as they are stored; no revision, so that CouchDB takes it only for a name it does not have.
  ///
  /// - Parameters:
  ///   - source: `_dbs.couch`.
  ///   - name: the new database's, which is the document's id.
  /// - Returns: `nil` if the map has no such living database.
  package static func json(
    of database: String, as name: DatabaseName, in source: any RandomAccess, _ header: FoundHeader
  ) throws -> [UInt8]? {
    let file = try DatabaseFile(source, header)
    let chunks = file.chunks()
    guard let document = try file.document(database, chunks), !document.isDeleted, let stored = document.tree.winner?.stored else {
      return nil
    }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    var writer = JSONWriter(.couch)
    writer.beginObject()
    writer.name("_id")
    writer.string(name.description)
    try writer.members(of: summary.body)
    writer.endObject()
    return writer.output
  }
}
