/// A document's revisions, as a flat list in which parents come before children.
///
/// Trees can be a thousand levels deep, so nothing here recurses. On disk: `[{StartPos, {RevId, Value, [Child, …]}}, …]`.
/// Source: apache/couchdb `couch_key_tree.erl`, `couch_bt_engine.erl`, `disk_tree/1`.
package struct RevisionTree: Sendable {
  /// The bytes of the node all ranges are in.
  let bytes: [UInt8]
  package private(set) var revisions: [Revision] = []

  package struct Revision: Sendable {
    /// The number before the dash.
    package let depth: Int
    /// 16 bytes shown as hexadecimal, or any text a client pushed.
    package let id: Range<Int>
    /// Index of the revision before; `nil` at a root.
    package let parent: Int?
    package fileprivate(set) var isLeaf: Bool
    /// `nil` where the body is no longer, or never was, here.
    package let stored: Stored?
  }

  /// A revision whose body is kept.
  package struct Stored: Hashable, Sendable {
    package let isDeleted: Bool
    package let pointer: Int
    /// The update_seq it was written at.
    package let updateSeq: Int
  }

  init(_ cursor: inout TermCursor) throws(CouchFormatError) {
    bytes = cursor.bytes
    let trees = try cursor.readItems()
    for _ in 0..<trees {
      try cursor.readTuple(of: 2)
      let start = try cursor.readInteger()
      guard start >= 0, start < Int.max / 2 else { throw .term("a revision tree that starts at \(start)") }
      try readTree(&cursor, start: start)
    }
    if trees > 0 { try cursor.readTail() }
  }

  private mutating func readTree(_ cursor: inout TermCursor, start: Int) throws(CouchFormatError) {
    var open: [(parent: Int, children: Int)] = []
    try readRevision(&cursor, depth: start, parent: nil, &open)
    while let last = open.indices.last {
      if open[last].children == 0 {
        try cursor.readTail()
        open.removeLast()
      } else {
        open[last].children -= 1
        let parent = open[last].parent
        try readRevision(&cursor, depth: revisions[parent].depth + 1, parent: parent, &open)
      }
    }
  }

  private mutating func readRevision(
    _ cursor: inout TermCursor, depth: Int, parent: Int?, _ open: inout [(parent: Int, children: Int)]
  ) throws(CouchFormatError) {
    try cursor.readTuple(of: 3)
    let id = try cursor.readBinary()
    let stored = try Stored.read(&cursor)
    let children = try cursor.readItems()
    if children > 0 { open.append((revisions.count, children)) }
    revisions.append(Revision(depth: depth, id: id, parent: parent, isLeaf: children == 0, stored: stored))
  }

  package var leaves: some Sequence<Revision> { revisions.lazy.filter(\.isLeaf) }

  /// The leaf CouchDB answers with: not deleted before deleted, then the deepest, then the greatest id.
  package var winner: Revision? {
    leaves.max { left, right in
      let isLeftDeleted = left.stored?.isDeleted ?? true
      let isRightDeleted = right.stored?.isDeleted ?? true
      if isLeftDeleted != isRightDeleted { return isLeftDeleted }
      if left.depth != right.depth { return left.depth < right.depth }
      return TermOrder.compareBytes(bytes[left.id], bytes[right.id]) < 0
    }
  }

  /// A revision's ids from itself back to its root.
  package func path(of revision: Revision) -> [String] { ids(of: revision).map { RevisionID.text($0[...]) } }

  /// The same as stored.
  func ids(of revision: Revision) -> [[UInt8]] {
    var ids = [Array(bytes[revision.id])]
    var parent = revision.parent
    while let index = parent {
      ids.append(Array(bytes[revisions[index].id]))
      parent = revisions[index].parent
    }
    return ids
  }

  /// `depth-id`, as `_rev` shows it.
  package func rev(_ revision: Revision) -> String { "\(revision.depth)-\(text(revision.id))" }

  private func text(_ id: Range<Int>) -> String { RevisionID.text(bytes[id]) }
}

extension RevisionTree.Stored {
  /// `[]`, `{Deleted, Ptr, Seq}` or longer.
  fileprivate static func read(_ cursor: inout TermCursor) throws(CouchFormatError) -> RevisionTree.Stored? {
    if try cursor.peekTag() == TermCursor.Tag.empty {
      try cursor.skipTerm()
      return nil
    }
    let arity = try cursor.readTupleHeader()
    guard (3...5).contains(arity) else { throw .term("a revision of \(arity) elements") }
    let isDeleted = try readFlag(&cursor)
    let pointer = try cursor.readInteger()
    let updateSeq = try cursor.readInteger()
    for _ in 3..<arity { try cursor.skipTerm() }
    return RevisionTree.Stored(isDeleted: isDeleted, pointer: pointer, updateSeq: updateSeq)
  }

  /// 0 or 1; `true` or `false` in old files.
  static func readFlag(_ cursor: inout TermCursor) throws(CouchFormatError) -> Bool {
    if cursor.skipAtom("true") { return true }
    if cursor.skipAtom("false") { return false }
    return try cursor.readInteger() != 0
  }
}
