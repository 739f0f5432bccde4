import Primitives

/// What a view index file's header says, `{Signature, nil}` or `{Signature, {mrheader, …}}`.
///
/// Nothing in it names the database or the shard: only the path ties the two together.
/// Source: apache/couchdb `couch_mrview_util.erl`, `make_header/1`, `maybe_update_header/1`.
package struct ViewHeader: Sendable {
  /// 32 hexadecimal digits: the file's name without `.view`.
  package let signature: String
  /// False for a new or reset index: `{Signature, nil}`.
  package private(set) var isBuilt = false
  /// The shard's update_seq up to which the index is built.
  package private(set) var updateSeq = 0
  package private(set) var purgeSeq = 0
  package private(set) var ids: TreeRoot?
  package private(set) var views: [View] = []

  package struct View: Sendable {
    package let root: TreeRoot?
    package let updateSeq: Int
    package let purgeSeq: Int
    /// Rows as the root's reduction counts them, several emits of one key by one document counted singly.
    package let rows: Int
  }

  /// - Parameter cursor: at the 2-tuple's head.
  init(_ cursor: inout TermCursor) throws(CouchFormatError) {
    try cursor.readTuple(of: 2)
    signature = Hex.encode(cursor.bytes[try cursor.readBinary()])
    if cursor.skipAtom("nil") { return }
    isBuilt = true
    let arity = try cursor.readTupleHeader()
    guard arity == 5 || arity == 6, cursor.skipAtom("mrheader") else { throw .term("a view header of an unknown shape") }
    updateSeq = try cursor.readInteger()
    purgeSeq = try cursor.readInteger()
    ids = try TreeRoot.read(&cursor)
    if arity == 6 { try cursor.skipTerm() }  // a log root in 2.x, a map of collator versions since 3.3
    let count = try cursor.readItems()
    for _ in 0..<count { views.append(try View(&cursor)) }
    if count > 0 { try cursor.readTail() }
  }
}

extension ViewHeader.View {
  /// 5 elements in 2.x and since 3.3, 3 in 3.0–3.2, or `nil`.
  fileprivate init(_ cursor: inout TermCursor) throws(CouchFormatError) {
    if cursor.skipAtom("nil") {
      self.init(root: nil, updateSeq: 0, purgeSeq: 0, rows: 0)
      return
    }
    let arity = try cursor.readTupleHeader()
    guard arity == 3 || arity == 5 else { throw .term("a view state of \(arity) elements") }
    let root = try TreeRoot.read(&cursor)
    if arity == 5 {
      try cursor.skipTerm()
      try cursor.skipTerm()
    }
    let updateSeq = try cursor.readInteger()
    let purgeSeq = try cursor.readInteger()
    self.init(root: root, updateSeq: updateSeq, purgeSeq: purgeSeq, rows: try Self.rows(root))
  }

  private static func rows(_ root: TreeRoot?) throws(CouchFormatError) -> Int {
    guard let root else { return 0 }
    var reduction = root.reduction.cursor
    let arity = try reduction.readTupleHeader()
    guard arity == 2 || arity == 3 else { throw .term("a view reduction of \(arity) elements") }
    return try reduction.readInteger()
  }
}
