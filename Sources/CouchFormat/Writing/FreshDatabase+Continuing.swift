package import Primitives

extension FreshDatabase {
  /// Everything of a small database but its garbage: for a file that is to be written anew with changes.
  ///
  /// It goes on as the same database: uuid, sequences, epochs, local documents and purges are kept, so that indexes and positions of
  /// consumers stay good. Of each document only the winning revision and the ids before it are kept.
  package init(continuing source: any RandomAccess, _ found: FoundHeader) throws {
    let file = try DatabaseFile(source, found)
    let header = file.header
    let chunks = file.chunks()
    checksum = found.checksum
    diskVersion = header.diskVersion
    // A shorter tuple is from before shard maps.
    tupleSize = max(header.tupleSize, 14)
    updateSeq = header.updateSeq
    uuid = header.uuid ?? ""
    epochs = header.epochs
    revsLimit = header.revsLimit
    purgeInfosLimit = header.purgeInfosLimit
    security = try header.securityPointer.map { try chunks.term(at: $0) }
    properties = try header.propsPointer.map { try chunks.term(at: $0) }
    locals = try Self.entries(header.local, .local, chunks)
    purges = try Self.entries(header.purges, .purges, chunks)
    purgesBySequence = try Self.entries(header.purgesBySequence, .purgesBySequence, chunks)
    try file.forEachDocument(chunks) { document in
      documents.append(try FreshDocument(document, chunks))
      return true
    }
  }

  private static func entries(_ root: TreeRoot?, _ kind: TreeKind, _ chunks: Chunks) throws -> [TreeEntry] {
    var walk = try TreeWalk(chunks, root: root, kind: kind)
    var entries: [TreeEntry] = []
    while let entry = try walk.next() { entries.append(entry) }
    return entries
  }
}
