/// One key and value of a tree, still in the bytes of its node.
package struct TreeEntry: Sendable {
  package let bytes: [UInt8]
  package let key: Range<Int>
  package let value: Range<Int>
  /// The pointer of the node that holds it.
  package let node: Int

  package init(bytes: [UInt8], key: Range<Int>, value: Range<Int>, node: Int) {
    self.bytes = bytes
    self.key = key
    self.value = value
    self.node = node
  }

  package var keyCursor: TermCursor { TermCursor(bytes, key) }
  package var valueCursor: TermCursor { TermCursor(bytes, value) }
}

/// A tree's entries in order, one at a time.
///
/// A child lies before its parent, and all nodes together cannot be larger than the file: so a walk ends, whatever the bytes say.
/// With an audit, damage is written down and walked around; without, it is thrown.
/// Source: apache/couchdb `couch_btree.erl`.
package struct TreeWalk {
  private let chunks: Chunks
  private let kind: TreeKind
  private let audit: TreeAudit?
  /// Children before this offset were there at an older header: not visited.
  private let since: Int
  private var frames: [Frame] = []
  private var budget: Int

  /// - Parameter since: The offset of an older header of the same file: only nodes written after it are visited.
  package init(_ chunks: Chunks, root: TreeRoot?, kind: TreeKind, since: Int = 0) throws {
    try self.init(chunks, root: root, kind: kind, since: since, below: .max, audit: nil)
  }

  /// - Parameter below: Where the header is: everything it refers to lies before.
  init(_ chunks: Chunks, root: TreeRoot?, kind: TreeKind, since: Int = 0, below: Int, audit: TreeAudit?) throws {
    self.chunks = chunks
    self.kind = kind
    self.since = since
    self.audit = audit
    budget = chunks.blocks.byteCount
    guard let root, root.pointer >= since else { return }
    try descend(
      Claim(bytes: root.reduction.bytes, key: nil, reduction: root.reduction.range, pointer: root.pointer, size: root.size), below: below)
  }

  package mutating func next() throws -> TreeEntry? {
    while let top = frames.indices.last {
      if frames[top].isFinished {
        finish(frames.removeLast())
        continue
      }
      do {
        if let entry = try step(top) { return entry }
      } catch let error as CouchFormatError where audit != nil && error.kind != .cancelled {
        // The rest of a node that does not decode cannot be found.
        audit?.damaged(error.located(at: frames[top].pointer), in: kind)
        frames[top].remaining = 0
        frames[top].isFinished = true
        frames[top].isWhole = false
      }
    }
    return nil
  }

  private mutating func step(_ top: Int) throws -> TreeEntry? {
    guard frames[top].remaining > 0 else {
      try frames[top].close()
      return nil
    }
    frames[top].remaining -= 1
    try frames[top].cursor.readTuple(of: 2)
    let key = try frames[top].cursor.skipTerm()
    if frames[top].isLeaf {
      let entry = TreeEntry(
        bytes: frames[top].cursor.bytes, key: key, value: try frames[top].cursor.skipTerm(), node: frames[top].pointer)
      try count(entry, top)
      return entry
    }
    guard let child = try TreeRoot.read(&frames[top].cursor) else { throw CouchFormatError(.nodeInvalid, "an inner node without a child") }
    guard child.pointer >= since else {
      frames[top].isWhole = false
      return nil
    }
    try descend(
      Claim(bytes: child.reduction.bytes, key: key, reduction: child.reduction.range, pointer: child.pointer, size: child.size),
      below: frames[top].pointer)
    return nil
  }

  private mutating func count(_ entry: TreeEntry, _ top: Int) throws {
    guard let audit else { return }
    if try audit.follows(entry, kind) == false { throw CouchFormatError(.keyOrder, at: entry.node, "keys that do not ascend") }
    try frames[top].sum.add(entry, of: kind)
  }

  private mutating func descend(_ claim: Claim, below: Int) throws {
    do {
      guard claim.pointer < below else {
        throw CouchFormatError(.childAfterParent, at: claim.pointer, "a node at or after what points to it (byte \(below))")
      }
      try audit?.goOn()
      let chunk = try chunks.chunk(at: claim.pointer)
      budget -= chunk.diskLength
      guard budget >= 0 else { throw CouchFormatError(.treeTooLarge, at: claim.pointer, "a tree larger than its file") }
      do throws(CouchFormatError) { frames.append(try Frame(chunk, claim)) } catch { throw error.located(at: claim.pointer) }
    } catch let error as CouchFormatError where audit != nil && error.kind != .cancelled && budget >= 0 {
      audit?.damaged(error.located(at: claim.pointer), in: kind)
      if let top = frames.indices.last { frames[top].isWhole = false }
    }
  }

  /// Compares what a node's parent says about it with what it holds, and hands its sums up.
  private mutating func finish(_ frame: Frame) {
    guard let audit else { return }
    if frame.isWhole { audit.compare(frame, kind) }
    guard let top = frames.indices.last else { return }
    frames[top].isWhole = frames[top].isWhole && frame.isWhole
    frames[top].sum.add(frame.sum)
    if let size = frames[top].size, let below = frame.claim.size == nil ? nil : frame.size {
      frames[top].size = size &+ below
    } else {
      frames[top].size = nil
    }
  }
}

extension TreeWalk {
  /// What a parent, or the header, says about a node.
  struct Claim {
    let bytes: [UInt8]
    /// The node's last key; `nil` for a root.
    let key: Range<Int>?
    let reduction: Range<Int>
    let pointer: Int
    let size: Int?
  }

  /// A node on the way from the root to the entry at hand.
  struct Frame {
    var cursor: TermCursor
    var remaining: Int
    let isLeaf: Bool
    private let hasTail: Bool
    let claim: Claim
    var sum = TreeSum()
    /// Bytes on disk of this node and of its children so far; `nil` below pre-1.2 nodes.
    var size: Int?
    /// False once something below was left out: then sums say nothing.
    var isWhole = true

    var isFinished = false

    var pointer: Int { claim.pointer }

    init(_ chunk: Chunk, _ claim: Claim) throws(CouchFormatError) {
      self.claim = claim
      size = chunk.diskLength
      var cursor = try TermCompression.term(in: chunk.payload, chunk.payload.indices).cursor
      try cursor.readTuple(of: 2)
      let isLeaf = cursor.skipAtom("kv_node")
      guard isLeaf || cursor.skipAtom("kp_node") else { throw CouchFormatError(.nodeInvalid, "a term that is no tree node") }
      self.isLeaf = isLeaf
      remaining = try cursor.readItems()
      hasTail = remaining > 0
      self.cursor = cursor
    }

    /// After the last entry nothing follows but the list's end.
    mutating func close() throws(CouchFormatError) {
      isFinished = true
      if hasTail { try cursor.readTail() }
      guard cursor.isAtEnd else { throw CouchFormatError(.nodeInvalid, "bytes after a node's last entry") }
    }
  }
}
