import Glibc
import Primitives

/// Appends the fields of one object of a manifest, as `JSONEncoder` writes them with sorted keys.
struct LineWriter {
  private var bytes: [UInt8]
  private let start: Int
  private var needsComma = false
  private var needsEscapes = false

  /// Holds the text until `finish` gives it back.
  init(appendingTo text: inout [UInt8]) {
    bytes = []
    swap(&bytes, &text)
    start = bytes.count
    bytes.append(UInt8(ascii: "{"))
  }

  /// - Returns: `false` if Foundation would have written escapes.
  mutating func finish(_ text: inout [UInt8]) -> Bool {
    if needsEscapes { bytes.removeSubrange(start...) } else { bytes.append(UInt8(ascii: "}")) }
    swap(&bytes, &text)
    return !needsEscapes
  }

  mutating func open(_ name: StaticString) {
    key(name)
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  mutating func close() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  mutating func text(_ name: StaticString, _ text: String) {
    key(name)
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var isPlain = true
      for byte in utf8 { isPlain = LineReader.isPlain(byte) && isPlain }
      if !isPlain { needsEscapes = true }
      bytes.append(contentsOf: utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func id(_ name: StaticString, _ id: ContentID) {
    key(name)
    bytes.append(UInt8(ascii: "\""))
    id.appendHex(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Nothing at all for `nil`.
  mutating func number(_ name: StaticString, _ number: Int?) {
    guard let number else { return }
    key(name)
    bytes.append(contentsOf: String(number).utf8)
  }

  private mutating func key(_ name: StaticString) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }
}

/// Reads one object of a manifest: takes what it is asked for, or nothing.
struct LineReader {
  /// Fewer than `Int.max` has.
  private static let mostDigits = 18

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// Whether a byte of a text stands for itself in JSON, and is ASCII.
  static func isPlain(_ byte: UInt8) -> Bool {
    (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  mutating func takes(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    guard let base = bytes.baseAddress, memcmp(base + position, word.utf8Start, count) == 0 else { return false }
    position += count
    return true
  }

  /// A text after `opening`, which ends in its first quote.
  mutating func text(_ opening: StaticString) -> String? {
    guard takes(opening) else { return nil }
    var end = position
    while end < bytes.count, Self.isPlain(bytes[end]) { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
    defer { position = end + 1 }
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[position..<end]), as: UTF8.self)
  }

  mutating func id(_ opening: StaticString) -> ContentID? {
    let end = position + opening.utf8CodeUnitCount + 2 * ContentID.byteCount
    guard end < bytes.count, takes(opening), bytes[end] == UInt8(ascii: "\"") else { return nil }
    defer { position = end + 1 }
    return ContentID(digits: UnsafeBufferPointer(rebasing: bytes[position..<end]))
  }

  mutating func number(_ opening: StaticString) -> Int? {
    let start = position
    guard takes(opening) else { return nil }
    var value = 0
    var digits = 0
    while position < bytes.count, digits < Self.mostDigits, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      value = value * 10 + Int(digit)
      position += 1
      digits += 1
    }
    guard digits > 0, digits < Self.mostDigits else {
      position = start
      return nil
    }
    return value
  }
}
