import Glibc
import Primitives

/// What the end of a file's line says, as `FileLine` writes it: read from behind, without a look at what CouchDB's header said.
struct FileLineEnd {
  /// As it is in the line: without an escape.
  let path: UnsafeBufferPointer<UInt8>
  /// Hexadecimal digits.
  let sha256: UnsafeBufferPointer<UInt8>
  let size: Int

  /// - Parameter line: without its comma; outlives what is read.
  /// - Returns: `nil` if it is of another shape.
  init?(_ line: UnsafeBufferPointer<UInt8>) {
    var rest = BackwardReader(line)
    guard rest.takes("}"), let size = rest.number(), rest.takes("\",\"size\":"),
      let sha256 = rest.take(2 * ContentID.byteCount), ContentID(digits: sha256) != nil, rest.takes("\",\"sha256\":\""),
      let path = rest.text(), rest.takes("\"path\":\"")
    else { return nil }
    self.path = path
    self.sha256 = sha256
    self.size = size
  }
}

/// Takes from the end what it is asked for, or nothing.
private struct BackwardReader {
  /// Fewer than `Int.max` has.
  private static let mostDigits = 18

  private let bytes: UnsafeBufferPointer<UInt8>
  private var end: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    end = bytes.count
  }

  mutating func takes(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard end >= count, let base = bytes.baseAddress, memcmp(base + end - count, word.utf8Start, count) == 0 else { return false }
    end -= count
    return true
  }

  mutating func take(_ count: Int) -> UnsafeBufferPointer<UInt8>? {
    guard end >= count else { return nil }
    end -= count
    return UnsafeBufferPointer(rebasing: bytes[end..<end + count])
  }

  /// Without a sign.
  mutating func number() -> Int? {
    var value = 0
    var unit = 1
    var start = end
    while start > 0, end - start < Self.mostDigits, case let digit = bytes[start - 1] &- UInt8(ascii: "0"), digit < 10 {
      value += Int(digit) * unit
      start -= 1
      if end - start < Self.mostDigits { unit *= 10 }
    }
    guard start < end, end - start < Self.mostDigits else { return nil }
    end = start
    return value
  }

  /// Back to the quote before it; none with an escape.
  mutating func text() -> UnsafeBufferPointer<UInt8>? {
    var start = end
    while start > 0, bytes[start - 1] != UInt8(ascii: "\""), bytes[start - 1] != UInt8(ascii: "\\") { start -= 1 }
    guard start > 0, bytes[start - 1] == UInt8(ascii: "\"") else { return nil }
    defer { end = start }
    return UnsafeBufferPointer(rebasing: bytes[start..<end])
  }
}
