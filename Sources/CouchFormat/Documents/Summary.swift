/// What one revision's chunk holds: its body, and the table of its attachments.
package struct Summary: Sendable {
  /// `{[{Name, Value}, …]}` without `_id`, `_rev`, `_deleted`, `_attachments`.
  package let body: EncodedTerm
  package let attachments: [Attachment]
  package let checksum: ChecksumKind?
  /// Bytes on disk.
  package let diskLength: Int

  package init(_ chunk: Chunk) throws(CouchFormatError) {
    checksum = chunk.checksum
    diskLength = chunk.diskLength
    do throws(CouchFormatError) {
      var cursor = try TermCompression.term(in: chunk.payload, chunk.payload.indices).cursor
      try cursor.readTuple(of: 2)
      body = try Self.part(&cursor)
      attachments = try Self.attachments(try Self.part(&cursor))
    } catch {
      throw error.located(at: chunk.pointer)
    }
  }

  /// A compressed binary; in very old files the term itself.
  private static func part(_ cursor: inout TermCursor) throws(CouchFormatError) -> EncodedTerm {
    guard try cursor.peekTag() == TermCursor.Tag.binary else { return try cursor.readTerm() }
    return try TermCompression.term(in: cursor.bytes, try cursor.readBinary())
  }

  private static func attachments(_ table: EncodedTerm) throws(CouchFormatError) -> [Attachment] {
    var cursor = table.cursor
    let count = try cursor.readItems()
    var attachments: [Attachment] = []
    for _ in 0..<count { attachments.append(try Attachment(&cursor)) }
    if count > 0 { try cursor.readTail() }
    return attachments
  }
}
