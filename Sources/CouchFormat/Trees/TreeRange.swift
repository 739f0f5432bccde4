/// The entries of a tree from one key up to another, without visiting nodes that hold none of them.
///
/// For trees whose keys are binaries. An inner node names the last key below each child, so a child is left out if that key is
/// before the range, or if its elder sibling's was at or behind the end. As in `TreeWalk`, children lie before their parents and all
/// nodes together are no larger than the file: the walk ends, whatever the bytes say.
struct TreeRange {
  private let chunks: Chunks
  private let from: [UInt8]
  private let to: [UInt8]
  private var frames: [TreeWalk.Frame] = []
  private var budget: Int

  /// - Parameters:
  ///   - from: The first key wanted.
  ///   - to: The first key behind the range.
  init(_ chunks: Chunks, root: TreeRoot?, from: [UInt8], to: [UInt8]) throws {
    self.chunks = chunks
    self.from = from
    self.to = to
    budget = chunks.blocks.byteCount
    if let root { try descend(to: root.pointer, below: .max) }
  }

  mutating func next() throws -> TreeEntry? {
    while let top = frames.indices.last {
      guard frames[top].remaining > 0 else {
        frames.removeLast()
        continue
      }
      frames[top].remaining -= 1
      try frames[top].cursor.readTuple(of: 2)
      let key = try frames[top].cursor.skipTerm()
      let bytes = frames[top].cursor.bytes
      if frames[top].isLeaf {
        let entry = TreeEntry(bytes: bytes, key: key, value: try frames[top].cursor.skipTerm(), node: frames[top].pointer)
        if try precedes(bytes, key, from) { continue }
        guard try precedes(bytes, key, to) else {
          frames.removeAll()
          return nil
        }
        return entry
      }
      let child = try TreeRoot.read(&frames[top].cursor)
      if try precedes(bytes, key, from) { continue }
      // Everything of the siblings to come is behind this key.
      if try !precedes(bytes, key, to) { frames[top].remaining = 0 }
      guard let child else { throw CouchFormatError(.nodeInvalid, "an inner node without a child") }
      try descend(to: child.pointer, below: frames[top].pointer)
    }
    return nil
  }

  private func precedes(_ bytes: [UInt8], _ key: Range<Int>, _ bound: [UInt8]) throws -> Bool {
    var key = TermCursor(bytes, key)
    return TermOrder.compareBytes(bytes[try key.readBinary()], bound[...]) < 0
  }

  private mutating func descend(to pointer: Int, below: Int) throws {
    guard pointer < below else {
      throw CouchFormatError(.childAfterParent, at: pointer, "a node at or after what points to it (byte \(below))")
    }
    let chunk = try chunks.chunk(at: pointer)
    budget -= chunk.diskLength
    guard budget >= 0 else { throw CouchFormatError(.treeTooLarge, at: pointer, "a tree larger than its file") }
    frames.append(
      try TreeWalk.Frame(chunk, TreeWalk.Claim(bytes: [], key: nil, reduction: 0..<0, pointer: pointer, size: nil)))
  }
}
