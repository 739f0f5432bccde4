/// Where a tree starts, and what is promised about it: `{Pos, Reduction, SubtreeSize}`.
package struct TreeRoot: Sendable {
  package let pointer: Int
  package let reduction: EncodedTerm
  /// Bytes of all the tree's nodes on disk; `nil` in trees from before 1.2.
  package let size: Int?

  /// Reads a root or child pointer; the atom `nil` stands for an empty tree.
  package static func read(_ cursor: inout TermCursor) throws(CouchFormatError) -> TreeRoot? {
    if cursor.skipAtom("nil") || cursor.skipAtom("undefined") { return nil }
    let arity = try cursor.readTupleHeader()
    guard arity == 2 || arity == 3 else { throw .term("a tree pointer of \(arity) elements") }
    let pointer = try cursor.readInteger()
    guard pointer >= 0 else { throw .term("a negative tree pointer") }
    let reduction = try cursor.readTerm()
    let size = arity == 3 ? try cursor.readIntegerIfAny() : nil
    return TreeRoot(pointer: pointer, reduction: reduction, size: size)
  }
}
