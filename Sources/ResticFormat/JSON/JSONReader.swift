/// A pull parser for the JSON of a repository: the caller asks for the value it expects next.
///
/// Hand-written because index files hold tens of thousands of blobs and a repository millions; nothing is built but what
/// the caller asks for. Unknown fields are skipped, to a bounded depth. Valid only inside `decode`.
struct JSONReader {
  private static let deepestNesting = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var afterValue = false

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Reads the single JSON value `bytes` hold; white space may follow, nothing else.
  static func decode<Value>(
    _ bytes: [UInt8], _ body: (inout JSONReader) throws(FormatError) -> Value
  ) throws(FormatError) -> Value {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FormatError) in
      var reader = JSONReader(buffer)
      let value = try body(&reader)
      reader.skipSpace()
      guard reader.position == buffer.count else { throw reader.error("something follows the end of the JSON value") }
      return value
    }
  }

  // MARK: Objects and arrays

  mutating func openObject() throws(FormatError) {
    try expect(UInt8(ascii: "{"), "an object")
    afterValue = false
  }

  /// The next field's name, or `nil` once the object is closed. Each name must be followed by reading or skipping its value.
  mutating func nextKey() throws(FormatError) -> Key? {
    guard try nextItem(closing: UInt8(ascii: "}")) else { return nil }
    let start = try rawString()
    try expect(UInt8(ascii: ":"), "':'")
    return Key(bytes: UnsafeBufferPointer(rebasing: bytes[start]))
  }

  mutating func openArray() throws(FormatError) {
    try expect(UInt8(ascii: "["), "an array")
    afterValue = false
  }

  /// Whether another element follows; `false` once the array is closed.
  mutating func nextElement() throws(FormatError) -> Bool { try nextItem(closing: UInt8(ascii: "]")) }

  // MARK: Values

  mutating func string() throws(FormatError) -> String {
    let range = try rawString()
    let raw = UnsafeBufferPointer(rebasing: bytes[range])
    guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
    guard let text = JSONEscapes.unescape(raw) else { throw error("a string has a damaged escape") }
    return text
  }

  /// The bytes between the quotes, escapes and all. For ids and times, which have none.
  mutating func plainString<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value?) throws(FormatError) -> Value? {
    let range = try rawString()
    return body(UnsafeBufferPointer(rebasing: bytes[range]))
  }

  /// A whole number that fits `Int`; restic writes no fractions where we read numbers.
  mutating func integer() throws(FormatError) -> Int {
    let (amount, isNegative) = try number()
    guard let amount, let value = isNegative ? Int(exactly: -Int128(amount)) : Int(exactly: amount) else {
      throw error("a number is too large")
    }
    return value
  }

  mutating func unsigned() throws(FormatError) -> UInt64 {
    let (amount, isNegative) = try number()
    guard let amount, !isNegative || amount == 0 else { throw error("a number is negative or too large") }
    return amount
  }

  mutating func boolean() throws(FormatError) -> Bool {
    if consume("true") { return true }
    if consume("false") { return false }
    throw error("expected true or false")
  }

  /// Consumes `null` if it comes next.
  mutating func null() -> Bool { consume("null") }

  /// Passes over the next value, whatever it is.
  mutating func skip() throws(FormatError) { try skip(depth: 0) }

  func error(_ what: String) -> FormatError { FormatError(.malformed, "JSON: \(what) at byte \(position)") }

  // MARK: Details

  private mutating func skip(depth: Int) throws(FormatError) {
    guard depth < Self.deepestNesting else { throw error("nested too deeply") }
    skipSpace()
    guard position < bytes.count else { throw ended }
    switch bytes[position] {
    case UInt8(ascii: "{"):
      try openObject()
      while try nextKey() != nil { try skip(depth: depth + 1) }
    case UInt8(ascii: "["):
      try openArray()
      while try nextElement() { try skip(depth: depth + 1) }
    case UInt8(ascii: "\""):
      _ = try rawString()
    case UInt8(ascii: "t"), UInt8(ascii: "f"):
      _ = try boolean()
    case UInt8(ascii: "n"):
      guard null() else { throw error("expected null") }
    default:
      try skipNumber()
    }
    afterValue = true
  }

  private mutating func nextItem(closing: UInt8) throws(FormatError) -> Bool {
    skipSpace()
    guard position < bytes.count else { throw ended }
    if bytes[position] == closing {
      position += 1
      afterValue = true
      return false
    }
    if afterValue { try expect(UInt8(ascii: ","), "','") }
    afterValue = false
    return true
  }

  /// The range between the quotes; `position` ends after the closing one.
  private mutating func rawString() throws(FormatError) -> Range<Int> {
    try expect(UInt8(ascii: "\""), "a string")
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        afterValue = true
        return start..<position - 1
      case UInt8(ascii: "\\"): position += 2
      case 0..<0x20: throw error("a control character inside a string")
      default: position += 1
      }
    }
    position = bytes.count
    throw ended
  }

  /// - Returns: its amount; `nil` for one that no machine word holds.
  private mutating func number() throws(FormatError) -> (amount: UInt64?, isNegative: Bool) {
    skipSpace()
    var value: UInt64? = 0
    let negative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
    if negative { position += 1 }
    let start = position
    while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      guard position - start < 24 else { throw error("a number is too long") }
      value = value.flatMap { Self.append(digit, to: $0) }
      position += 1
    }
    guard position > start else { throw position < bytes.count ? error("expected a number") : ended }
    if position < bytes.count, case let next = bytes[position],
      next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E")
    {
      throw error("expected a whole number")
    }
    afterValue = true
    return (value, negative)
  }

  private static func append(_ digit: UInt8, to value: UInt64) -> UInt64? {
    let (tens, isTooMany) = value.multipliedReportingOverflow(by: 10)
    let (sum, isTooMuch) = tens.addingReportingOverflow(UInt64(digit))
    return isTooMany || isTooMuch ? nil : sum
  }

  private mutating func skipNumber() throws(FormatError) {
    let start = position
    while position < bytes.count, "+-.0123456789eE".utf8.contains(bytes[position]) { position += 1 }
    guard position > start else { throw error("expected a value") }
    afterValue = true
  }

  private mutating func expect(_ byte: UInt8, _ what: String) throws(FormatError) {
    skipSpace()
    guard position < bytes.count else { throw ended }
    guard bytes[position] == byte else { throw error("expected \(what)") }
    position += 1
  }

  private mutating func consume(_ word: StaticString) -> Bool {
    skipSpace()
    guard bytes.count - position >= word.utf8CodeUnitCount else { return false }
    for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] { return false }
    position += word.utf8CodeUnitCount
    afterValue = true
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

  private var ended: FormatError { FormatError(.truncated, "JSON ends too early, after \(bytes.count) bytes") }

  /// A field's name, compared without making a string. Names with escapes match nothing, as unknown fields.
  struct Key {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>

    static func ~= (pattern: StaticString, key: Key) -> Bool {
      guard key.bytes.count == pattern.utf8CodeUnitCount else { return false }
      for index in key.bytes.indices where key.bytes[index] != pattern.utf8Start[index] { return false }
      return true
    }
  }
}
