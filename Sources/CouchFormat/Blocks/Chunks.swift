package import Primitives

/// One chunk: everything in a file but headers is one.
package struct Chunk: Sendable {
  /// Where a pointer to it points: its first byte, or the block prefix before that.
  package let pointer: Int
  /// The offset after its last byte.
  package let end: Int
  /// The kind of its checksum, which matched; `nil` for chunks that carry none.
  package let checksum: ChecksumKind?
  package let payload: [UInt8]

  /// Bytes on disk as CouchDB counts them.
  ///
  /// A write that ends on a block boundary emits the next block's prefix at once, and that byte is counted.
  package var diskLength: Int { end - pointer + (end.isMultiple(of: BlockReader.blockSize) ? 1 : 0) }
}

/// Reads chunks: length word, checksum if the word's top bit says so, payload.
///
/// Source: apache/couchdb `couch_file.erl`, `assemble_file_chunk/1`, `read_raw_iolist_int/3`, `calculate_total_read_len/2`.
package struct Chunks {
  package let blocks: BlockReader

  /// - Parameter blocksPerPage: As in `BlockReader`.
  package init(_ source: any RandomAccess, blocksPerPage: Int = 8) { blocks = BlockReader(source, blocksPerPage: blocksPerPage) }

  /// - Throws: `beyondEnd` if the file ends inside, `checksumMismatch` if it carries a checksum that is of neither kind.
  package func chunk(at pointer: Int) throws -> Chunk {
    let (count, hasChecksum, start) = try lengthWord(at: pointer)
    guard hasChecksum else {
      let (payload, end) = try blocks.bytes(at: start, count: count)
      return Chunk(pointer: pointer, end: end, checksum: nil, payload: payload)
    }
    let (stored, payloadStart) = try blocks.bytes(at: start, count: Checksum.byteCount)
    let (payload, end) = try blocks.bytes(at: payloadStart, count: count)
    guard let kind = Checksum.kind(of: stored[...], over: payload[...]) else {
      throw CouchFormatError(.checksumMismatch, at: pointer, "a chunk of \(count) bytes does not match its checksum")
    }
    return Chunk(pointer: pointer, end: end, checksum: kind, payload: payload)
  }

  /// Visits the payload of a chunk without checksum in pieces: for attachment data, which can be large.
  ///
  /// - Returns: The payload's length in bytes.
  func visitPayload(at pointer: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
    let (count, hasChecksum, start) = try lengthWord(at: pointer)
    let payload = hasChecksum ? try blocks.bytes(at: start, count: Checksum.byteCount).end : start
    guard count <= blocks.byteCount else { throw CouchFormatError(.beyondEnd, at: pointer, "a chunk longer than its file") }
    _ = try blocks.visit(at: payload, count: count, body)
    return count
  }

  /// The term a chunk holds, uncompressed.
  package func term(at pointer: Int) throws -> EncodedTerm {
    let payload = try chunk(at: pointer).payload
    do throws(CouchFormatError) { return try TermCompression.term(in: payload, payload.indices) } catch { throw error.located(at: pointer) }
  }

  private func lengthWord(at pointer: Int) throws -> (count: Int, hasChecksum: Bool, start: Int) {
    var word = 0
    let start = try blocks.visit(at: pointer, count: 4) { for byte in $0 { word = word << 8 | Int(byte) } }
    return (word & 0x7fff_ffff, word & 0x8000_0000 != 0, start)
  }
}
