/// Going past terms, looking at them, and copying small ones out.
extension TermCursor {
  /// Passes one term of any kind, however deep.
  ///
  /// - Returns: Where it was.
  @discardableResult
  package mutating func skipTerm() throws(CouchFormatError) -> Range<Int> {
    let start = offset
    var pending = 1
    while pending > 0 {
      pending &-= 1
      pending &+= try skipHead()
      guard pending <= end &- offset else { throw .term("more elements than bytes") }  // each takes one byte at least
    }
    return start..<offset
  }

  /// Passes one term's own bytes.
  ///
  /// - Returns: How many terms inside it follow.
  private mutating func skipHead() throws(CouchFormatError) -> Int {
    switch try readTag() {
    case Tag.smallInteger: _ = try take(1)
    case Tag.integer: _ = try take(4)
    case Tag.binary: _ = try take(readUnsigned(4))
    case Tag.smallTuple: return try readUnsigned(1)
    case Tag.list: return try readUnsigned(4) &+ 1
    case Tag.empty: break
    case Tag.atom, Tag.atomUTF8, Tag.string: _ = try take(readUnsigned(2))
    case Tag.smallAtom, Tag.smallAtomUTF8: _ = try take(readUnsigned(1))
    case Tag.newFloat: _ = try take(8)
    case Tag.smallBig: _ = try take(readUnsigned(1) &+ 1)
    case Tag.largeBig: _ = try take(readUnsigned(4) &+ 1)
    case Tag.float: _ = try take(31)
    case Tag.largeTuple: return try readUnsigned(4)
    case Tag.map: return try readUnsigned(4) &* 2
    default: throw .term("a kind of term that CouchDB does not write")
    }
    return 0
  }

  /// Whether the next term is the atom `name`; passes it only then.
  package mutating func skipAtom(_ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    guard let head = atomHead, head &+ count <= end &- offset else { return false }
    // The upper byte of a two-byte length is 0 for every name we look for.
    guard bytes[offset &+ head &- 1] == count, head == 2 || bytes[offset &+ 1] == 0 else { return false }
    for index in 0..<count where name.utf8Start[index] != bytes[offset &+ head &+ index] { return false }
    offset &+= head &+ count
    return true
  }

  /// Bytes before an atom's name; `nil` if the next term is no atom. Asked often, so it does not throw.
  private var atomHead: Int? {
    guard offset < end else { return nil }
    switch bytes[offset] {
    case Tag.atom, Tag.atomUTF8: return 3
    case Tag.smallAtom, Tag.smallAtomUTF8: return 2
    default: return nil
    }
  }

  func isAtom(_ name: StaticString) -> Bool {
    var copy = self
    return copy.skipAtom(name)
  }

  /// An integer, or `nil` for anything else, which is passed all the same.
  mutating func readIntegerIfAny() throws(CouchFormatError) -> Int? {
    let tag = try peekTag()
    if tag == Tag.smallInteger || tag == Tag.integer || tag == Tag.smallBig { return try readInteger() }
    try skipTerm()
    return nil
  }

  /// The text at `range`; bytes that are no UTF-8 become replacement characters.
  package func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  package func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for (index, position) in range.enumerated() where text.utf8Start[index] != bytes[position] { return false }
    return true
  }

  /// A cursor over another part of the same bytes.
  package func sub(_ range: Range<Int>) -> TermCursor { TermCursor(bytes, range) }

  /// Passes one term and keeps it.
  package mutating func readTerm() throws(CouchFormatError) -> EncodedTerm {
    EncodedTerm(bytes, try skipTerm())
  }
}
