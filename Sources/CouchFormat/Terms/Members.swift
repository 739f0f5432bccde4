/// The members of an object, `{[{Name, Value}, …]}`, one after another.
struct Members {
  private var cursor: TermCursor
  private var left: Int
  /// Of the name read last, as it is stored.
  private var nameStart = 0

  /// - Parameter object: at the object's head.
  init(_ object: TermCursor) throws(CouchFormatError) {
    cursor = object
    try cursor.readTuple(of: 1)
    left = try cursor.readItems()
  }

  /// - Returns: A name, and a cursor over exactly its value.
  mutating func next() throws(CouchFormatError) -> (name: String, value: TermCursor)? {
    guard let name = try nextName() else { return nil }
    let value = try cursor.skipTerm()
    return (cursor.text(name), cursor.sub(value))
  }

  /// - Returns: The same, and the name as it is stored, a binary or an atom.
  mutating func nextMember() throws(CouchFormatError) -> (name: String, key: [UInt8], value: TermCursor)? {
    guard let name = try nextName() else { return nil }
    let key = Array(cursor.bytes[nameStart..<cursor.offset])
    let value = try cursor.skipTerm()
    return (cursor.text(name), key, cursor.sub(value))
  }

  private mutating func nextName() throws(CouchFormatError) -> Range<Int>? {
    guard left > 0 else { return nil }
    left -= 1
    try cursor.readTuple(of: 2)
    nameStart = cursor.offset
    return try cursor.peekTag() == TermCursor.Tag.binary ? cursor.readBinary() : cursor.readAtom()
  }

  /// The value of the first member of that name, as `couch_util:get_value` finds it.
  static func value(_ wanted: String, of object: TermCursor) throws(CouchFormatError) -> TermCursor? {
    var members = try Members(object)
    while let (name, value) = try members.next() { if name == wanted { return value } }
    return nil
  }
}
