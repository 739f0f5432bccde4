/// Reads a tar archive as it comes in, in pieces of any size: USTAR, GNU's long names, PAX.
///
/// Holds a header at most; bodies pass through. Anything odd is an error: what is read here becomes part of a backup.
package struct TarReader: Sendable {
  package enum Event: Equatable, Sendable {
    case entry(TarEntry)
    /// The next piece of the last entry's body. An entry of size 0 has none.
    case content([UInt8])
  }

  /// Of one long name or one PAX header, in bytes. Paths are under 4096; extended attributes may take more.
  package static let largestMetadata = 1 << 20

  private enum Place {
    case header
    case content(left: Int, padding: Int)
    case metadata(type: UInt8, left: Int, padding: Int)
    case padding(left: Int)
    /// Zeros only, two blocks at least.
    case end(zeros: Int)
  }

  private var place = Place.header
  /// The bytes of the header or metadata so far.
  private var held: [UInt8] = []
  /// Of the next byte to come.
  private var offset = 0
  private var global = PaxRecords()
  private var local = PaxRecords()
  private var longName: [UInt8]?
  private var longLink: [UInt8]?

  package init() {}

  package mutating func take(_ bytes: [UInt8]) throws(ArchiveError) -> [Event] {
    var rest = bytes[...]
    var events: [Event] = []
    while !rest.isEmpty {
      switch place {
      case .header:
        hold(&rest, upTo: TarHeader.size - held.count)
        if held.count == TarHeader.size { try takeHeader(&events) }
      case .content(let left, let padding):
        let piece = pass(&rest, upTo: left)
        events.append(.content(Array(piece)))
        place = left > piece.count ? .content(left: left - piece.count, padding: padding) : Self.after(padding)
      case .metadata(let type, let left, let padding):
        let count = hold(&rest, upTo: left)
        place = left > count ? .metadata(type: type, left: left - count, padding: padding) : Self.after(padding)
        if left == count { try takeMetadata(type) }
      case .padding(let left):
        place = Self.after(left - pass(&rest, upTo: left).count)
      case .end(let zeros):
        guard rest.allSatisfy({ $0 == 0 }) else { throw ArchiveError(.damaged, "the archive goes on behind its end at byte \(offset)") }
        place = .end(zeros: zeros + pass(&rest, upTo: rest.count).count)
      }
    }
    return events
  }

  /// To be asked when no more bytes come.
  package func finish() throws(ArchiveError) {
    guard case .end(let zeros) = place, zeros >= 2 * TarHeader.size else {
      throw ArchiveError(.truncated, "the archive ends too early, after \(offset) bytes")
    }
  }

  // MARK: Pieces

  private static func after(_ padding: Int) -> Place { padding == 0 ? .header : .padding(left: padding) }

  private mutating func pass(_ rest: inout ArraySlice<UInt8>, upTo count: Int) -> ArraySlice<UInt8> {
    let piece = rest.prefix(count)
    rest = rest.dropFirst(piece.count)
    offset += piece.count
    return piece
  }

  @discardableResult
  private mutating func hold(_ rest: inout ArraySlice<UInt8>, upTo count: Int) -> Int {
    let piece = pass(&rest, upTo: count)
    held += piece
    return piece.count
  }

  // MARK: Headers

  private mutating func takeHeader(_ events: inout [Event]) throws(ArchiveError) {
    let block = held
    held = []
    let start = offset - TarHeader.size
    if block.allSatisfy({ $0 == 0 }) {
      place = .end(zeros: TarHeader.size)
      return
    }
    let header = try TarHeader(block, at: start)
    switch header.type {
    case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"): try beginMetadata(header, at: start)
    case UInt8(ascii: "S"): throw ArchiveError(.unsupported, "the archive has a sparse file at byte \(start)")
    default: try begin(header, at: start, &events)
    }
  }

  private mutating func beginMetadata(_ header: TarHeader, at start: Int) throws(ArchiveError) {
    let size = header.contentSize
    guard size > 0, size <= Self.largestMetadata else {
      throw ArchiveError(.damaged, "the archive's extended header at byte \(start) has a size of \(size) bytes")
    }
    place = .metadata(type: header.type, left: size, padding: Self.padding(size))
  }

  private mutating func takeMetadata(_ type: UInt8) throws(ArchiveError) {
    let bytes = held
    held = []
    switch type {
    case UInt8(ascii: "x"): try local.read(bytes, at: offset - bytes.count)
    case UInt8(ascii: "g"): try global.read(bytes, at: offset - bytes.count)
    case UInt8(ascii: "L"): longName = Array(bytes.prefix { $0 != 0 })
    default: longLink = Array(bytes.prefix { $0 != 0 })
    }
  }

  private mutating func begin(_ header: TarHeader, at start: Int, _ events: inout [Event]) throws(ArchiveError) {
    var entry = header.entry
    entry.name = local.path ?? longName ?? global.path ?? entry.name
    entry.link = local.link ?? longLink ?? global.link ?? entry.link
    entry.owner = local.owner ?? global.owner ?? entry.owner
    entry.group = local.group ?? global.group ?? entry.group
    entry.modified = local.modified ?? global.modified ?? entry.modified
    guard !entry.name.contains(0), !entry.link.contains(0) else {
      throw ArchiveError(.damaged, "the archive's member at byte \(start) has a name with a zero in it")
    }
    let size = local.size ?? global.size ?? header.contentSize
    // Links, folders and devices have no body, whatever size their header shows (Go's archive/tar reads them so).
    let bodySize = "123456".utf8.contains(header.type) ? 0 : size
    entry.size = entry.kind == .file ? bodySize : 0
    local = PaxRecords()
    longName = nil
    longLink = nil
    events.append(.entry(entry))
    place = bodySize > 0 ? .content(left: bodySize, padding: Self.padding(bodySize)) : .header
  }

  /// Up to the next block.
  private static func padding(_ size: Int) -> Int { (TarHeader.size - size % TarHeader.size) % TarHeader.size }
}
