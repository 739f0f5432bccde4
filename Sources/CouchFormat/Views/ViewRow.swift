/// One row of a view: `{Key, DocId} → Value`; several rows of one key by one document are kept as one, `{dups, Values}`.
package struct ViewRow: Sendable {
  package let documentID: Range<Int>
  /// As emitted, and as the id tree has it: without the partition.
  package let key: EncodedTerm
  /// Of partitioned views only.
  package let partition: Range<Int>?
  package let values: [EncodedTerm]

  package init(_ entry: TreeEntry) throws(CouchFormatError) {
    var cursor = entry.keyCursor
    try cursor.readTuple(of: 2)
    (key, partition) = try Self.key(&cursor)
    documentID = try cursor.readBinary()
    values = try Self.values(entry)
  }

  private static func key(_ cursor: inout TermCursor) throws(CouchFormatError) -> (EncodedTerm, Range<Int>?) {
    var inside = cursor
    if try inside.peekTag() == TermCursor.Tag.smallTuple, try inside.readTupleHeader() == 3, inside.skipAtom("p") {
      let partition = try inside.readBinary()
      let key = try inside.readTerm()
      cursor = inside
      return (key, partition)
    }
    return (try cursor.readTerm(), nil)
  }

  private static func values(_ entry: TreeEntry) throws(CouchFormatError) -> [EncodedTerm] {
    guard var list = try dups(entry) else { return [EncodedTerm(entry.bytes, entry.value)] }
    switch try list.readListHead() {
    case .bytes(let range): return range.map { EncodedTerm([TermCursor.Tag.smallInteger, entry.bytes[$0]], 0..<2) }
    case .items(let count):
      var values: [EncodedTerm] = []
      for _ in 0..<count { values.append(try list.readTerm()) }
      return values
    }
  }

  /// How many rows an entry is, without reading them.
  static func count(_ entry: TreeEntry) throws(CouchFormatError) -> Int {
    guard var list = try dups(entry) else { return 1 }
    switch try list.readListHead() {
    case .bytes(let range): return range.count
    case .items(let count): return count
    }
  }

  private static func dups(_ entry: TreeEntry) throws(CouchFormatError) -> TermCursor? {
    var value = entry.valueCursor
    guard try value.peekTag() == TermCursor.Tag.smallTuple, try value.readTupleHeader() == 2, value.skipAtom("dups") else { return nil }
    return value
  }
}
