/// JSON out of the terms CouchDB keeps for it: `{[{Name, Value}, …]}` is an object, a list an array, a binary a string.
extension JSONWriter {
  /// Writes one term; passes it.
  package mutating func term(_ cursor: inout TermCursor) throws(CouchFormatError) {
    var open: [Pending] = []
    try head(&cursor, &open)
    while let last = open.indices.last {
      switch open[last] {
      case .items(0):
        try cursor.readTail()
        endArray()
        open.removeLast()
      case .members(0):
        try cursor.readTail()
        endObject()
        open.removeLast()
      case .items(let count):
        open[last] = .items(count - 1)
        try head(&cursor, &open)
      case .members(let count):
        open[last] = .members(count - 1)
        try memberName(&cursor)
        try head(&cursor, &open)
      }
    }
  }

  package mutating func term(_ term: EncodedTerm) throws(CouchFormatError) {
    var cursor = term.cursor
    try self.term(&cursor)
  }

  /// The members of an object, `{[{Name, Value}, …]}`, without its braces: for documents, which get more.
  package mutating func members(of object: EncodedTerm) throws(CouchFormatError) {
    var cursor = object.cursor
    try cursor.readTuple(of: 1)
    try members(&cursor)
  }

  /// The members of a property list, `[{Name, Value}, …]`.
  mutating func members(_ cursor: inout TermCursor) throws(CouchFormatError) {
    let count = try cursor.readItems()
    for _ in 0..<count {
      try memberName(&cursor)
      try term(&cursor)
    }
    if count > 0 { try cursor.readTail() }
  }

  /// A list or an object with so many elements to come.
  private enum Pending {
    case items(Int)
    case members(Int)
  }

  private mutating func memberName(_ cursor: inout TermCursor) throws(CouchFormatError) {
    try cursor.readTuple(of: 2)
    let range = try cursor.peekTag() == TermCursor.Tag.binary ? cursor.readBinary() : cursor.readAtom()
    name(cursor.bytes[range])
  }

  private mutating func head(_ cursor: inout TermCursor, _ open: inout [Pending]) throws(CouchFormatError) {
    switch try cursor.peekTag() {
    case TermCursor.Tag.binary: string(cursor.bytes[try cursor.readBinary()])
    case TermCursor.Tag.smallTuple, TermCursor.Tag.largeTuple:
      try cursor.readTuple(of: 1)
      beginObject()
      let count = try cursor.readItems()
      if count > 0 { open.append(.members(count)) } else { endObject() }
    case TermCursor.Tag.list, TermCursor.Tag.empty, TermCursor.Tag.string: try list(&cursor, &open)
    case TermCursor.Tag.atom, TermCursor.Tag.smallAtom, TermCursor.Tag.atomUTF8, TermCursor.Tag.smallAtomUTF8: try atom(&cursor)
    default: try number(TermNumber(&cursor))
    }
  }

  private mutating func list(_ cursor: inout TermCursor, _ open: inout [Pending]) throws(CouchFormatError) {
    beginArray()
    switch try cursor.readListHead() {
    case .bytes(let range):
      for index in range { integer(Int(cursor.bytes[index])) }
      endArray()
    case .items(let count): open.append(.items(count))
    }
  }

  private mutating func atom(_ cursor: inout TermCursor) throws(CouchFormatError) {
    let range = try cursor.readAtom()
    if cursor.equals(range, "true") {
      literal("true")
    } else if cursor.equals(range, "false") {
      literal("false")
    } else if cursor.equals(range, "null") {
      literal("null")
    } else {
      string(cursor.bytes[range])  // only in documents of _dbs
    }
  }
}
