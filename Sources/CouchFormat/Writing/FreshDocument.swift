/// A document to be written into a new database file: one line of revisions, the body of the newest.
package struct FreshDocument: Sendable {
  package let idBytes: [UInt8]
  package let updateSeq: Int
  package let isDeleted: Bool
  /// The number before the dash of the newest revision.
  package let depth: Int
  /// Revision ids, newest first: what is known of the line, at most `depth`.
  package let revisions: [[UInt8]]
  /// `{[{Name, Value}, …]}`, without a version byte.
  package let body: [UInt8]

  package init(idBytes: [UInt8], updateSeq: Int, isDeleted: Bool = false, depth: Int, revisions: [[UInt8]], body: [UInt8]) {
    self.idBytes = idBytes
    self.updateSeq = updateSeq
    self.isDeleted = isDeleted
    self.depth = depth
    self.revisions = revisions
    self.body = body
  }

  /// The first revision of a document, under the id CouchDB would give it.
  package init(newID id: String, updateSeq: Int, body: [UInt8]) {
    let revision = RevisionID.make(isDeleted: false, depth: 0, previous: nil, body: body)
    self.init(idBytes: Array(id.utf8), updateSeq: updateSeq, depth: 1, revisions: [revision], body: body)
  }

  /// A stored document's winning revision.
  ///
  /// - Throws: `documentInvalid` if it has attachments, or if its body is not here.
  package init(_ document: FullDocument, _ chunks: Chunks) throws {
    guard let winner = document.tree.winner, let stored = winner.stored else {
      throw CouchFormatError(.documentInvalid, "document '\(document.id)' has no body")
    }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    guard summary.attachments.isEmpty else {
      throw CouchFormatError(.documentInvalid, at: stored.pointer, "document '\(document.id)' has attachments, which are not rewritten")
    }
    self.init(
      idBytes: Array(document.idBytes), updateSeq: document.updateSeq, isDeleted: document.isDeleted, depth: winner.depth,
      revisions: document.tree.ids(of: winner), body: summary.body.cursor.rest)
  }

  /// The same document after one more edit.
  func edited(body: [UInt8], isDeleted: Bool = false, updateSeq: Int, revsLimit: Int) -> Self {
    let next = RevisionID.make(isDeleted: isDeleted, depth: depth, previous: revisions.first, body: body)
    return Self(
      idBytes: idBytes, updateSeq: updateSeq, isDeleted: isDeleted, depth: depth + 1,
      revisions: Array(([next] + revisions).prefix(max(1, revsLimit))), body: body)
  }

  /// `[{StartPos, {RevId, Value, [Child]}}]`: only the newest revision has a value.
  func tree(_ value: [UInt8]) -> [UInt8] {
    var node: [UInt8] = []
    for revision in revisions.dropFirst().reversed() {
      node += [TermCursor.Tag.smallTuple, 3] + TermBytes.binary(revision) + TermBytes.empty + [TermCursor.Tag.list] + TermBytes.size(1)
    }
    node += TermBytes.tuple([TermBytes.binary(revisions.first ?? []), value, TermBytes.empty])
    node += [UInt8](repeating: TermCursor.Tag.empty, count: max(0, revisions.count - 1))
    return TermBytes.list([TermBytes.tuple([TermBytes.integer(depth - revisions.count + 1), node])])
  }
}
