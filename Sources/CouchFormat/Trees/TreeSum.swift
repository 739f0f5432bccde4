/// What a reduction counts: recomputed from the leaves up and compared with what each inner node and the header say.
struct TreeSum: Equatable {
  var entries = 0
  var deleted = 0
  /// `nil` once an entry carries no sizes: files from before 1.2 do not have them.
  var sizes: Sizes? = Sizes()

  struct Sizes: Equatable {
    var active = 0
    var external = 0
  }

  // Sums of damaged numbers may wrap: they only have to differ from what is stored.
  mutating func add(_ other: TreeSum) {
    entries &+= other.entries
    deleted &+= other.deleted
    if let left = sizes, let right = other.sizes {
      sizes = Sizes(active: left.active &+ right.active, external: left.external &+ right.external)
    } else {
      sizes = nil
    }
  }

  /// Counts one leaf entry.
  mutating func add(_ entry: TreeEntry, of kind: TreeKind) throws(CouchFormatError) {
    switch kind {
    case .byID: try addDocument(entry)
    case .viewRows: entries &+= try ViewRow.count(entry)
    default: entries &+= 1
    }
  }

  private mutating func addDocument(_ entry: TreeEntry) throws(CouchFormatError) {
    var value = entry.valueCursor
    let arity = try value.readTupleHeader()
    _ = try value.readInteger()
    var one = TreeSum(entries: 1)
    if try value.readInteger() != 0 { one.deleted = 1 }
    one.sizes = arity == 4 ? try Self.pair(&value) : nil
    add(one)
  }

  /// `{Active, External}`, or `nil` for the older shapes.
  private static func pair(_ cursor: inout TermCursor) throws(CouchFormatError) -> Sizes? {
    guard try cursor.peekTag() == TermCursor.Tag.smallTuple, try cursor.readTupleHeader() == 2 else { return nil }
    return Sizes(active: try cursor.readInteger(), external: try cursor.readInteger())
  }

  /// Whether a stored reduction says the same.
  func matches(_ reduction: TermCursor, of kind: TreeKind) throws(CouchFormatError) -> Bool {
    var reduction = reduction
    switch kind {
    case .local, .viewIDs:
      guard case .bytes(let range) = try reduction.readListHead() else { return false }
      return range.isEmpty
    case .bySequence, .purges, .purgesBySequence: return try reduction.readInteger() == entries
    case .viewRows:
      let arity = try reduction.readTupleHeader()
      let rows = try reduction.readInteger()
      return (arity == 2 || arity == 3) && rows == entries
    case .byID: return try matchesDocuments(&reduction)
    }
  }

  private func matchesDocuments(_ reduction: inout TermCursor) throws(CouchFormatError) -> Bool {
    let arity = try reduction.readTupleHeader()
    guard try reduction.readInteger() == entries &- deleted, try reduction.readInteger() == deleted else { return false }
    guard arity == 3, let sizes, try reduction.peekTag() == TermCursor.Tag.smallTuple, try reduction.readTupleHeader() == 3,
      reduction.skipAtom("size_info")
    else { return arity == 2 || arity == 3 }
    let stored = Sizes(active: try reduction.readInteger(), external: try reduction.readInteger())
    return stored == sizes
  }
}
