/// Puts chunks and headers into couch_file's 4096-byte blocks: what `BlockReader` and `Chunks` read back.
///
/// Chunks begin where the file ends. A write that ends on a block boundary puts the next block's prefix there at once; that byte counts
/// as the chunk's, as in CouchDB. Source: apache/couchdb `couch_file.erl`, `make_blocks/2`, `write_header`.
struct BlockWriter {
  private(set) var bytes: [UInt8] = []

  struct Written {
    let pointer: Int
    /// Bytes on disk.
    let diskLength: Int
  }

  /// - Parameter checksum: `nil` for all chunks but document summaries, which carry one.
  mutating func chunk(_ payload: [UInt8], checksum: ChecksumKind? = nil) -> Written {
    let pointer = bytes.count
    if let checksum {
      append(TermBytes.size(payload.count | 1 << 31) + Checksum.make(checksum, of: payload) + payload)
    } else {
      append(TermBytes.size(payload.count) + payload)
    }
    if bytes.count.isMultiple(of: BlockReader.blockSize) { bytes.append(0) }
    return Written(pointer: pointer, diskLength: bytes.count - pointer)
  }

  /// An uncompressed term in a chunk of its own.
  mutating func term(_ term: [UInt8]) -> Written { chunk([TermCompression.version] + term) }

  /// Fills the block with zeros and writes a header at the start of the next.
  ///
  /// - Parameter term: without its version byte.
  mutating func header(_ term: [UInt8], checksum: ChecksumKind) {
    bytes += Self.padding(after: bytes.count)
    bytes += Self.header([TermCompression.version] + term, checksum: checksum)
  }

  /// The zeros from `offset` to the next block boundary.
  static func padding(after offset: Int) -> [UInt8] {
    let inBlock = offset % BlockReader.blockSize
    return [UInt8](repeating: 0, count: inBlock == 0 ? 0 : BlockReader.blockSize - inBlock)
  }

  /// A header's bytes from its block's first on: prefix, length, checksum, term, with further prefixes where it is longer than a block.
  ///
  /// - Parameter term: with its version byte.
  static func header(_ term: [UInt8], checksum: ChecksumKind) -> [UInt8] {
    var writer = BlockWriter()
    writer.bytes.append(1)
    writer.append(TermBytes.size(Checksum.byteCount + term.count) + Checksum.make(checksum, of: term) + term)
    return writer.bytes
  }

  private mutating func append(_ logical: [UInt8]) {
    var rest = logical[...]
    while !rest.isEmpty {
      if bytes.count.isMultiple(of: BlockReader.blockSize) { bytes.append(0) }
      let piece = rest.prefix(BlockReader.blockSize - bytes.count % BlockReader.blockSize)
      bytes += piece
      rest = rest.dropFirst(piece.count)
    }
  }
}
