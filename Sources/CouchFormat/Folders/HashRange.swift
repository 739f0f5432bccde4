/// The part of the hash space one shard holds, both ends included: `00000000-7fffffff`.
package struct HashRange: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let first: UInt32
  package let last: UInt32

  package static let whole = HashRange(first: 0, last: .max)

  package init(first: UInt32, last: UInt32) {
    self.first = first
    self.last = last
  }

  /// - Parameter text: 8 lower-case hexadecimal digits, a dash, 8 more.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 17, bytes[8] == UInt8(ascii: "-"), let first = Self.number(bytes[..<8]), let last = Self.number(bytes[9...]),
      first <= last
    else { return nil }
    self.init(first: first, last: last)
  }

  package func contains(_ hash: UInt32) -> Bool { first <= hash && hash <= last }

  package var description: String {
    String(unsafeUninitializedCapacity: Self.textLength) { buffer in
      write(to: buffer)
      return Self.textLength
    }
  }

  /// Bytes of a range as text.
  static let textLength = 17

  /// - Parameter buffer: at least `textLength` bytes.
  func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
    for digit in 0..<8 {
      buffer[digit] = Self.digit(first >> (28 - 4 * digit))
      buffer[9 + digit] = Self.digit(last >> (28 - 4 * digit))
    }
    buffer[8] = UInt8(ascii: "-")
  }

  private static func digit(_ value: UInt32) -> UInt8 {
    let value = UInt8(value & 0xF)
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  package static func < (left: Self, right: Self) -> Bool { (left.first, left.last) < (right.first, right.last) }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }
}

extension HashRange {
  /// Whether `ranges` cover the whole space without a gap; overlaps are allowed, as during a shard split.
  package static func coverEverything(_ ranges: some Sequence<HashRange>) -> Bool {
    var next: UInt64 = 0
    for range in ranges.sorted() {
      guard UInt64(range.first) <= next else { return false }
      next = max(next, UInt64(range.last) + 1)
    }
    return next == 1 << 32
  }
}
