package import Primitives

/// A database file as of one header: what can be read from it.
///
/// A value that may be shared; every walk keeps its own pages of the source. Walks throw at the first damage; `DatabaseProof` goes
/// around it instead.
package struct DatabaseFile: Sendable {
  package let source: any RandomAccess
  package let header: DatabaseHeader

  package init(_ source: any RandomAccess, _ header: DatabaseHeader) {
    self.source = source
    self.header = header
  }

  /// - Throws: `headerUnexpected` for a view's or a compaction's header.
  package init(_ source: any RandomAccess, _ found: FoundHeader) throws {
    guard let header = found.database else {
      throw CouchFormatError(.headerUnexpected, at: found.offset, "the newest header is not a database's")
    }
    self.init(source, header)
  }

  package func chunks() -> Chunks { Chunks(source) }

  /// For a few documents: reads only the blocks they and the nodes above them lie in.
  package func lookupChunks() -> Chunks { Chunks(source, blocksPerPage: 1) }

  /// Calls `body` with every document in order of id until it returns false.
  ///
  /// - Parameter since: The offset of an older header of this file: only documents whose nodes are newer; some others come, too.
  package func forEachDocument(
    _ chunks: Chunks, in kind: TreeKind = .byID, since: Int = 0, _ body: (FullDocument) throws -> Bool
  ) throws {
    var walk = try TreeWalk(chunks, root: kind == .byID ? header.byID : header.bySequence, kind: kind, since: since)
    while let entry = try walk.next() {
      guard try body(try FullDocument(entry, in: kind)) else { return }
    }
  }

  /// One document by its id, or `nil`.
  package func document(_ id: String, _ chunks: Chunks) throws -> FullDocument? {
    guard let entry = try TreeLookup.entry(for: Array(id.utf8), in: header.byID, chunks) else { return nil }
    return try FullDocument(entry, in: .byID)
  }

  package func localDocuments() throws -> [LocalDocument] {
    try all(header.local, .local) { entry throws(CouchFormatError) in try LocalDocument(entry) }
  }

  package func purges() throws -> [PurgeInfo] {
    try all(header.purgesBySequence, .purgesBySequence) { entry throws(CouchFormatError) in try PurgeInfo(entry, in: .purgesBySequence) }
  }

  private func all<Item>(
    _ root: TreeRoot?, _ kind: TreeKind, _ make: (TreeEntry) throws(CouchFormatError) -> Item
  ) throws -> [Item] {
    var walk = try TreeWalk(chunks(), root: root, kind: kind)
    var items: [Item] = []
    while let entry = try walk.next() { items.append(try make(entry)) }
    return items
  }

  /// The smallest and the largest purge sequence kept, 0 and 0 if there are none.
  package func purgeSequences() throws -> (oldest: Int, newest: Int) {
    if let seq = header.legacyPurgeSeq { return (seq, seq) }
    var walk = try TreeWalk(chunks(), root: header.purgesBySequence, kind: .purgesBySequence)
    var oldest: Int?
    var newest = 0
    while let entry = try walk.next() {
      var key = entry.keyCursor
      newest = try key.readInteger()
      oldest = oldest ?? newest
    }
    return (oldest ?? 0, newest)
  }
}
