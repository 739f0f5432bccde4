/// What belongs to the database as a whole.
extension DatabaseFile {
  /// The security object as JSON; `{}` if none was ever set.
  package func security(_ style: JSONWriter.Style, _ chunks: Chunks) throws -> [UInt8] {
    var writer = JSONWriter(style)
    writer.beginObject()
    if let pointer = header.securityPointer, header.diskVersion > 4 {
      var cursor = try chunks.term(at: pointer).cursor
      try writer.members(&cursor)
    }
    writer.endObject()
    return writer.output
  }

  /// The property list of partitioned databases, `[]` otherwise; 3.0 and later.
  package func isPartitioned(_ chunks: Chunks) throws -> Bool {
    guard let pointer = header.propsPointer else { return false }
    var cursor = try chunks.term(at: pointer).cursor
    let count = try cursor.readItems()
    for _ in 0..<count {
      try cursor.readTuple(of: 2)
      if cursor.skipAtom("partitioned") { return cursor.skipAtom("true") }
      try cursor.skipTerm()
      try cursor.skipTerm()
    }
    if count > 0 { try cursor.readTail() }
    return false
  }
}
