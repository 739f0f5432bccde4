/// Finding one key without walking the tree.
package enum TreeLookup {
  /// The entry of `key` in a tree whose keys are binaries (by-id, local, purges, a view's id tree).
  package static func entry(for key: [UInt8], in root: TreeRoot?, _ chunks: Chunks) throws -> TreeEntry? {
    guard var pointer = root?.pointer else { return nil }
    var below = Int.max
    while true {
      guard pointer < below else { throw CouchFormatError(.childAfterParent, at: pointer, "a node at or after what points to it") }
      below = pointer
      let nothing = TreeWalk.Claim(bytes: [], key: nil, reduction: 0..<0, pointer: pointer, size: nil)
      let node = try TreeWalk.Frame(try chunks.chunk(at: pointer), nothing)
      guard let found = try first(node, notBefore: key) else { return nil }
      if node.isLeaf {
        var name = found.keyCursor
        return TermOrder.compareBytes(key[...], name.bytes[try name.readBinary()]) == 0 ? found : nil
      }
      var child = found.valueCursor
      guard let next = try TreeRoot.read(&child) else { return nil }
      pointer = next.pointer
    }
  }

  private static func first(_ node: TreeWalk.Frame, notBefore key: [UInt8]) throws -> TreeEntry? {
    var cursor = node.cursor
    for _ in 0..<node.remaining {
      try cursor.readTuple(of: 2)
      let entry = TreeEntry(bytes: cursor.bytes, key: try cursor.skipTerm(), value: try cursor.skipTerm(), node: node.pointer)
      var name = entry.keyCursor
      if TermOrder.compareBytes(key[...], name.bytes[try name.readBinary()]) <= 0 { return entry }
    }
    return nil
  }
}
