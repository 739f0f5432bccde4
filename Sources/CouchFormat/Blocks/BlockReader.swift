package import Primitives

/// Logical bytes out of couch_file's 4096-byte blocks: the layer between a source and everything else.
///
/// The first byte of each block says whether a header starts there (1) or data goes on (0). It belongs to the framing, never to
/// what is read. Pages of the source are kept for a while, because a tree's nodes and the bodies they point at lie near
/// each other. One reader belongs to one walk; it is not shared between threads.
///
/// Source: apache/couchdb `src/couch/src/couch_file.erl`, `SIZE_BLOCK`, `remove_block_prefixes/2`.
package final class BlockReader {
  package static let blockSize = 4096
  private static let slots = 32

  package let byteCount: Int
  /// Where a block inside a chunk was marked as a header: CouchDB does not look there, a flipped bit can be.
  package private(set) var strayPrefix: Int?

  private let source: any RandomAccess
  private let pageSize: Int
  private var pages = [[UInt8]](repeating: [], count: slots)
  private var numbers = [Int](repeating: -1, count: slots)

  /// - Parameter blocksPerPage: Read at once. Eight suit a walk; one suits a look at a few places, which has no use for what lies around.
  package init(_ source: any RandomAccess, blocksPerPage: Int = 8) {
    self.source = source
    pageSize = blocksPerPage * Self.blockSize
    byteCount = source.byteCount
  }

  /// Visits `count` logical bytes from `offset` in pieces that lie in one block each.
  ///
  /// - Parameter body: must not use this reader.
  /// - Returns: The offset after the last byte visited.
  func visit(at offset: Int, count: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
    guard offset >= 0, count >= 0 else { throw CouchFormatError(.beyondEnd, at: offset, "a negative offset or length") }
    var position = offset
    var left = count
    while left > 0 {
      let inBlock = position % Self.blockSize
      let skip = inBlock == 0 ? 1 : 0
      let piece = min(left, Self.blockSize - inBlock - skip)
      guard piece <= byteCount - position - skip else {
        throw CouchFormatError(.beyondEnd, at: offset, "\(count) bytes wanted where the file ends at byte \(byteCount)")
      }
      try withPage(position) { page, start in
        if skip == 1, page[start] != 0, strayPrefix == nil { strayPrefix = position }
        try body(UnsafeRawBufferPointer(rebasing: page[start + skip..<start + skip + piece]))
      }
      position += skip + piece
      left -= piece
    }
    return position
  }

  /// `count` logical bytes from `offset`, and the offset after them.
  func bytes(at offset: Int, count: Int) throws -> (bytes: [UInt8], end: Int) {
    guard offset >= 0, offset <= byteCount, count >= 0, count <= byteCount - offset else {
      throw CouchFormatError(.beyondEnd, at: offset, "\(count) bytes wanted where the file ends at byte \(byteCount)")
    }
    var end = offset
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let target = UnsafeMutableRawBufferPointer(buffer)
      end = try visit(at: offset, count: count) { piece in
        UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(from: piece)
        filled += piece.count
      }
    }
    return (bytes, end)
  }

  private func withPage(_ position: Int, _ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
    let number = position / pageSize
    let slot = number % Self.slots
    if numbers[slot] != number {
      numbers[slot] = -1
      pages[slot] = try source.bytes(at: number * pageSize, count: pageSize)
      numbers[slot] = number
    }
    let start = position % pageSize
    // A source may give less than it promised (a file cut while we read): nothing behind that is touched.
    let blockEnd = min((start / Self.blockSize + 1) * Self.blockSize, byteCount - number * pageSize)
    guard pages[slot].count >= blockEnd else { throw CouchFormatError(.beyondEnd, at: position, "the file is shorter than it was") }
    try pages[slot].withUnsafeBytes { try body($0, start) }
  }
}
