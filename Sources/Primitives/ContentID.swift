import CLibcrypto

/// A SHA-256: the name of a blob, pack, index, snapshot or key by its bytes, and the digest of a whole file.
///
/// Kept as four machine words because an index holds millions. Ordered as its 64 hexadecimal digits are.
package struct ContentID: Hashable, Comparable, Sendable {
  package static let byteCount = 32

  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// - Parameter bytes: exactly 32, big-endian as in the hexadecimal form.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self =
      bytes.withContiguousStorageIfAvailable { Self(unchecked: UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes { Self(unchecked: $0) }
  }

  /// - Parameter digits: 64 hexadecimal digits, as they stand in a text.
  package init?(digits: UnsafeBufferPointer<UInt8>) {
    guard digits.count == 2 * Self.byteCount else { return nil }
    func word(_ number: Int) -> UInt64? {
      var word: UInt64 = 0
      for digit in digits[number * 16..<number * 16 + 16] {
        guard let value = Hex.value(digit) else { return nil }
        word = word << 4 | UInt64(value)
      }
      return word
    }
    guard let first = word(0), let second = word(1), let third = word(2), let fourth = word(3) else { return nil }
    words = (first, second, third, fourth)
  }

  /// Appends the 64 digits to a text.
  package func appendHex(to text: inout [UInt8]) {
    appendHex(words.0, to: &text)
    appendHex(words.1, to: &text)
    appendHex(words.2, to: &text)
    appendHex(words.3, to: &text)
  }

  private func appendHex(_ word: UInt64, to text: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) { text.append(Hex.digit(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15)) }
  }

  /// - Parameter hex: 64 hexadecimal digits.
  package init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// The SHA-256 of `bytes`.
  package init(hashing bytes: UnsafeRawBufferPointer) {
    self = withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 8) { digest in
      _ = SHA256(bytes.baseAddress, bytes.count, digest.baseAddress)
      return Self(unchecked: UnsafeRawBufferPointer(digest))
    }
  }

  package init(hashing bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Self(hashing: $0) }
  }

  init(unchecked raw: UnsafeRawBufferPointer) {
    func word(_ index: Int) -> UInt64 { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)) }
    words = (word(0), word(1), word(2), word(3))
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }
    return bytes
  }

  package var hex: String { Hex.encode(bytes) }

  /// The first 8 hexadecimal digits: how people name an object.
  package var short: String { String(hex.prefix(8)) }

  package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  package static func < (left: Self, right: Self) -> Bool { left.words < right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }  // a SHA-256 is spread already
}

extension ContentID: CustomStringConvertible {
  package var description: String { hex }
}

extension ContentID: Codable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = Self(hex: text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not 64 hexadecimal digits"))
    }
    self = id
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
