/// Reads Erlang's external term format one term after another, without building terms.
///
/// Everything a length field says is compared with the bytes that are left, so damage ends in an error, never in a trap or a
/// large allocation; nothing here recurses. Source: Erlang "External Term Format"; which tags occur: `docs/couch-files.md`.
package struct TermCursor: Sendable {
  package let bytes: [UInt8]
  package internal(set) var offset: Int
  package let end: Int

  package init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    end = min(max(range.upperBound, 0), bytes.count)
    offset = min(max(range.lowerBound, 0), end)
  }

  package enum Tag {
    static let newFloat: UInt8 = 70
    static let smallInteger: UInt8 = 97
    static let integer: UInt8 = 98
    static let float: UInt8 = 99
    static let atom: UInt8 = 100
    static let smallTuple: UInt8 = 104
    static let largeTuple: UInt8 = 105
    static let empty: UInt8 = 106
    static let string: UInt8 = 107
    static let list: UInt8 = 108
    static let binary: UInt8 = 109
    static let smallBig: UInt8 = 110
    static let largeBig: UInt8 = 111
    static let smallAtom: UInt8 = 115
    static let map: UInt8 = 116
    static let atomUTF8: UInt8 = 118
    static let smallAtomUTF8: UInt8 = 119
  }

  /// How a list is stored. After `items` come that many terms and then a tail, for `readTail`.
  package enum ListHead {
    case items(Int)
    /// Integers 0…255, one byte each; empty for `[]`.
    case bytes(Range<Int>)
  }

  package var isAtEnd: Bool { offset >= end }
  package var remainder: Range<Int> { offset..<end }

  package func peekTag() throws(CouchFormatError) -> UInt8 {
    guard offset < end else { throw .term("a term is cut off") }
    return bytes[offset]
  }

  mutating func readTag() throws(CouchFormatError) -> UInt8 {
    guard offset < end else { throw .term("a term is cut off") }
    defer { offset &+= 1 }
    return bytes[offset]
  }

  /// An unsigned big-endian number of `size` bytes, at most 4.
  mutating func readUnsigned(_ size: Int) throws(CouchFormatError) -> Int {
    guard size <= end &- offset else { throw .term("a term is cut off") }
    var value = 0
    for index in offset..<offset &+ size { value = value << 8 | Int(bytes[index]) }
    offset &+= size
    return value
  }

  mutating func take(_ count: Int) throws(CouchFormatError) -> Range<Int> {
    guard count >= 0, count <= end &- offset else { throw .term("a term is cut off") }
    defer { offset &+= count }
    return offset..<offset &+ count
  }

  /// - Returns: The number of elements; they follow.
  package mutating func readTupleHeader() throws(CouchFormatError) -> Int {
    let tag = try readTag()
    guard tag == Tag.smallTuple || tag == Tag.largeTuple else { throw .term("a tuple is expected") }
    return try elements(readUnsigned(tag == Tag.smallTuple ? 1 : 4))
  }

  package mutating func readTuple(of size: Int) throws(CouchFormatError) {
    guard try readTupleHeader() == size else { throw .term("a tuple of another size is expected") }
  }

  package mutating func readListHead() throws(CouchFormatError) -> ListHead {
    switch try readTag() {
    case Tag.empty: return .bytes(offset..<offset)
    case Tag.string: return .bytes(try take(readUnsigned(2)))
    case Tag.list: return .items(try elements(readUnsigned(4)))
    default: throw .term("a list is expected")
    }
  }

  /// The head of a list whose elements cannot be small integers; `[]` counts 0 and has no tail.
  package mutating func readItems() throws(CouchFormatError) -> Int {
    switch try readListHead() {
    case .items(let count): return count
    case .bytes(let range):
      guard range.isEmpty else { throw .term("a list of other things than small integers is expected") }
      return 0
    }
  }

  package mutating func readTail() throws(CouchFormatError) {
    guard try readTag() == Tag.empty else { throw .term("an improper list") }
  }

  package mutating func readBinary() throws(CouchFormatError) -> Range<Int> {
    guard try readTag() == Tag.binary else { throw .term("a binary is expected") }
    return try take(readUnsigned(4))
  }

  /// An integer that fits a machine word; larger ones occur only in bodies.
  package mutating func readInteger() throws(CouchFormatError) -> Int {
    switch try readTag() {
    case Tag.smallInteger: return try readUnsigned(1)
    case Tag.integer: return Int(Int32(truncatingIfNeeded: try readUnsigned(4)))
    case Tag.smallBig:
      let count = try readUnsigned(1)
      let isNegative = try readUnsigned(1) != 0
      let digits = try take(count)
      guard count <= 8 else { throw .term("an integer too large for its place") }
      let magnitude = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
      guard let value = Int(exactly: magnitude) else { throw .term("an integer too large for its place") }
      return isNegative ? -value : value
    default: throw .term("an integer is expected")
    }
  }

  /// - Returns: Where the atom's name is.
  package mutating func readAtom() throws(CouchFormatError) -> Range<Int> {
    switch try readTag() {
    case Tag.atom, Tag.atomUTF8: return try take(readUnsigned(2))
    case Tag.smallAtom, Tag.smallAtomUTF8: return try take(readUnsigned(1))
    default: throw .term("an atom is expected")
    }
  }

  private func elements(_ count: Int) throws(CouchFormatError) -> Int {
    guard count <= end &- offset else { throw .term("more elements than bytes") }
    return count
  }
}
