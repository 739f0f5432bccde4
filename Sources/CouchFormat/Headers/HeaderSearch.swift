package import Primitives

/// Finds headers: a block marked 1 whose length fits and whose checksum is right, as CouchDB looks for them on open.
///
/// Torn headers are passed silently; CouchDB falls back to the one before. A header with the right checksum and an unknown record
/// is an error, because CouchDB would refuse the file, too.
/// Source: apache/couchdb `couch_file.erl`, `find_header/5`, `load_header/3`.
package enum HeaderSearch {
  /// Far more than any header (13 KB seen); keeps blocks of garbage from being summed up over and over.
  private static let largestHeader = 8 << 20
  private static let firstStep = 1
  private static let largestStep = 256

  /// The last valid header, or `nil` if there is none: CouchDB would take such a file for a new, empty one.
  package static func newest(in source: some RandomAccess) throws -> FoundHeader? {
    let blocks = BlockReader(source, blocksPerPage: 1)
    var upper = (source.byteCount + BlockReader.blockSize - 1) / BlockReader.blockSize
    var step = firstStep
    while upper > 0 {
      let lower = max(0, upper - step)
      for block in try markedBlocks(lower..<upper, of: source).reversed() {
        if let header = try header(block * BlockReader.blockSize, in: source, through: blocks) { return header }
      }
      upper = lower
      step = min(step * 4, largestStep)
    }
    return nil
  }

  /// The header at exactly `offset`, or `nil` if none is there.
  package static func header(at offset: Int, in source: some RandomAccess) throws -> FoundHeader? {
    try header(offset, in: source, through: BlockReader(source, blocksPerPage: 1))
  }

  /// Every valid header, oldest first, and how many blocks are marked as headers but are none.
  package static func all(in source: some RandomAccess) throws -> (headers: [FoundHeader], invalid: Int) {
    let blocks = BlockReader(source)
    var headers: [FoundHeader] = []
    var invalid = 0
    let count = (source.byteCount + BlockReader.blockSize - 1) / BlockReader.blockSize
    for lower in stride(from: 0, to: count, by: largestStep) {
      for block in try markedBlocks(lower..<min(count, lower + largestStep), of: source) {
        if let header = try header(block * BlockReader.blockSize, in: source, through: blocks) {
          headers.append(header)
        } else {
          invalid += 1
        }
      }
    }
    return (headers, invalid)
  }

  private static func markedBlocks(_ range: Range<Int>, of source: some RandomAccess) throws -> [Int] {
    let size = BlockReader.blockSize
    let bytes = try source.bytes(at: range.lowerBound * size, count: range.count * size)
    return range.filter { block in
      let start = (block - range.lowerBound) * size
      return start < bytes.count && bytes[start] == 1
    }
  }

  private static func header(_ offset: Int, in source: some RandomAccess, through blocks: BlockReader) throws -> FoundHeader? {
    guard offset >= 0, offset.isMultiple(of: BlockReader.blockSize) else { return nil }
    let lead = try source.bytes(at: offset, count: 5)
    guard lead.count == 5, lead[0] == 1 else { return nil }
    let count = lead[1...].reduce(0) { $0 << 8 | Int($1) }
    guard count > Checksum.byteCount, count <= largestHeader, count <= source.byteCount - offset else { return nil }
    guard let (body, end) = try readable(blocks, at: offset + 5, count: count) else { return nil }
    guard let kind = Checksum.kind(of: body.prefix(Checksum.byteCount), over: body.dropFirst(Checksum.byteCount)) else { return nil }
    let content = try FoundHeader.Content(Array(body.dropFirst(Checksum.byteCount)), at: offset)
    let raw = try source.bytes(at: offset, count: end - offset)
    return FoundHeader(offset: offset, end: end, checksum: kind, rawBytes: raw, content: content)
  }

  /// `nil` where the file ends inside the header.
  private static func readable(_ blocks: BlockReader, at offset: Int, count: Int) throws -> (bytes: [UInt8], end: Int)? {
    do { return try blocks.bytes(at: offset, count: count) } catch let error as CouchFormatError where error.kind == .beyondEnd {
      return nil
    }
  }
}
