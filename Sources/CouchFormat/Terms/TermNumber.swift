/// Any number Erlang writes: integers of any size, floats in both encodings.
enum TermNumber {
  /// Sign and magnitude, least significant byte first, without zero bytes at the top.
  case integer(isNegative: Bool, magnitude: ArraySlice<UInt8>)
  case float(Double)

  /// Decimal digits grow with the square of the bytes; CouchDB refuses numbers of 309 digits (129 bytes).
  private static let largestMagnitude = 4096

  init(_ value: Int) {
    var bytes: [UInt8] = []
    var rest = value.magnitude
    while rest > 0 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
    self = .integer(isNegative: value < 0, magnitude: bytes[...])
  }

  init(_ cursor: inout TermCursor) throws(CouchFormatError) {
    switch try cursor.peekTag() {
    case TermCursor.Tag.smallInteger, TermCursor.Tag.integer: self.init(try cursor.readInteger())
    case TermCursor.Tag.smallBig, TermCursor.Tag.largeBig: try self.init(big: &cursor)
    case TermCursor.Tag.newFloat:
      _ = try cursor.readTag()
      let bits = try UInt64(cursor.readUnsigned(4)) << 32 | UInt64(cursor.readUnsigned(4))
      self = .float(Double(bitPattern: bits))
    case TermCursor.Tag.float: try self.init(old: &cursor)
    default: throw .term("a number is expected")
    }
  }

  private init(big cursor: inout TermCursor) throws(CouchFormatError) {
    let count = try cursor.readUnsigned(try cursor.readTag() == TermCursor.Tag.smallBig ? 1 : 4)
    let isNegative = try cursor.readUnsigned(1) != 0
    var magnitude = cursor.bytes[try cursor.take(count)]
    guard count <= Self.largestMagnitude else { throw .term("an integer of \(count) bytes") }
    while magnitude.last == 0 { magnitude.removeLast() }
    self = .integer(isNegative: isNegative, magnitude: magnitude)
  }

  /// 31 bytes of text, `1.50000000000000000000e+00`, padded with NUL.
  private init(old cursor: inout TermCursor) throws(CouchFormatError) {
    _ = try cursor.readTag()
    let text = cursor.bytes[try cursor.take(31)].prefix { $0 != 0 }
    guard let value = Double(String(decoding: text, as: UTF8.self)) else { throw .term("a float that is no number") }
    self = .float(value)
  }

  static func compare(_ left: TermNumber, _ right: TermNumber) -> Int {
    if case .integer(let isNegative, let magnitude) = left, case .integer(let isOtherNegative, let other) = right {
      if magnitude.isEmpty && other.isEmpty { return 0 }
      if isNegative != isOtherNegative { return isNegative ? -1 : 1 }
      let order = magnitude.count != other.count ? magnitude.count - other.count : compareTops(magnitude, other)
      return isNegative ? -order : order
    }
    let one = left.approximation
    let other = right.approximation
    return one == other ? 0 : one < other ? -1 : 1
  }

  private static func compareTops(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
    for (one, other) in zip(left.reversed(), right.reversed()) where one != other { return Int(one) - Int(other) }
    return 0
  }

  private var approximation: Double {
    switch self {
    case .float(let value): value
    case .integer(let isNegative, let magnitude):
      magnitude.reversed().reduce(0.0) { $0 * 256 + Double($1) } * (isNegative ? -1 : 1)
    }
  }
}
