/// One row of a document's attachment table.
package struct Attachment: Sendable {
  package let name: String
  package let contentType: String
  /// The chunks that hold it, in order, and the bytes in each.
  package let pieces: [Piece]
  /// Bytes as stored.
  package let encodedLength: Int
  /// Bytes as CouchDB reports them; for what a client sent gzipped, the gzipped length.
  package let length: Int
  package let revpos: Int
  /// Of the bytes as stored; empty in ancient files.
  package let md5: [UInt8]
  package let isGzipped: Bool

  package struct Piece: Hashable, Sendable {
    package let pointer: Int
    package let length: Int
  }

  /// Reads one of the four shapes in `docs/couch-files.md`.
  init(_ cursor: inout TermCursor) throws(CouchFormatError) {
    var arity = try cursor.readTupleHeader()
    let second = try cursor.peekTag()
    let isExtended = arity == 2 && second == TermCursor.Tag.smallTuple
    if isExtended { arity = try cursor.readTupleHeader() }
    name = cursor.text(try cursor.readBinary())
    switch arity {
    case 8:
      contentType = cursor.text(try cursor.readBinary())
      pieces = try Self.pieces(&cursor)
      encodedLength = try cursor.readInteger()
      length = try cursor.readInteger()
      revpos = try cursor.readInteger()
      md5 = Array(cursor.bytes[try cursor.readBinary()])
      isGzipped = try Self.encoding(&cursor)
    case 6:
      contentType = cursor.text(try cursor.readBinary())
      pieces = try Self.pieces(&cursor)
      encodedLength = try cursor.readInteger()
      length = encodedLength
      revpos = try cursor.readInteger()
      md5 = Array(cursor.bytes[try cursor.readBinary()])
      isGzipped = false
    case 2:
      try cursor.readTuple(of: 3)
      contentType = cursor.text(try cursor.readBinary())
      pieces = try Self.pieces(&cursor)
      encodedLength = try cursor.readInteger()
      length = encodedLength
      revpos = 0
      md5 = []
      isGzipped = false
    default: throw .term("an attachment of \(arity) elements")
    }
    if isExtended { try cursor.skipTerm() }
  }

  private static func pieces(_ cursor: inout TermCursor) throws(CouchFormatError) -> [Piece] {
    let count = try cursor.readItems()
    var pieces: [Piece] = []
    for _ in 0..<count {
      try cursor.readTuple(of: 2)
      pieces.append(Piece(pointer: try cursor.readInteger(), length: try cursor.readInteger()))
    }
    if count > 0 { try cursor.readTail() }
    return pieces
  }

  private static func encoding(_ cursor: inout TermCursor) throws(CouchFormatError) -> Bool {
    if cursor.skipAtom("gzip") || cursor.skipAtom("true") { return true }
    if cursor.skipAtom("identity") || cursor.skipAtom("false") { return false }
    throw .term("an attachment of an unknown encoding")
  }
}
