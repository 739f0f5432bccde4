/// A SHA-256: the name of a blob, pack, index, snapshot or key by its bytes, and the digest of a whole file.
///
/// Kept as four machine words because an index holds millions. Ordered as its 64 hexadecimal digits are.
package struct ContentID: Hashable, Comparable, Sendable {
  package static let byteCount = 32

  private let words: (UInt64, UInt64, UInt64, UInt64)

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// - Parameter bytes: exactly 32, big-endian as in the hexadecimal form.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self =
      bytes.withContiguousStorageIfAvailable { Self(unchecked: UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes { Self(unchecked: $0) }
  }

  /// - Parameter digits: 64 hexadecimal digits, as they stand in a text.
  package init?(digits: UnsafeBufferPointer<UInt8>) {
    guard digits.count == 2 * Self.byteCount, let base = digits.baseAddress, let first = Hex.word(base), let second = Hex.word(base + 16),
      let third = Hex.word(base + 32), let fourth = Hex.word(base + 48)
    else { return nil }
    words = (first, second, third, fourth)
  }

  /// Appends the 64 digits to a text.
  package func appendHex(to text: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * Self.byteCount) { digits in
      writeHex(to: digits)
      text.append(contentsOf: digits)
    }
  }

  /// - Parameter digits: room for 64.
  private func writeHex(to digits: UnsafeMutableBufferPointer<UInt8>) {
    func write(_ word: UInt64, at start: Int) {
      for position in 0..<16 { digits[start + position] = Hex.digit(UInt8(truncatingIfNeeded: word >> UInt64(60 - position * 4)) & 15) }
    }
    write(words.0, at: 0)
    write(words.1, at: 16)
    write(words.2, at: 32)
    write(words.3, at: 48)
  }

  /// - Parameter hex: 64 hexadecimal digits.
  package init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// The SHA-256 of `bytes`.
  package init(hashing bytes: UnsafeRawBufferPointer) {
    // Not SHA256(): OpenSSL 3 looks its implementation up at each call, which takes longer than hashing a short text.
    var running = RunningSHA256()
    running.update(bytes)
    self = running.digest
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

  /// Both added up, word by word: the sum of many is the same in whatever order they come.
  package static func &+ (left: Self, right: Self) -> Self {
    Self(
      words: (
        left.words.0 &+ right.words.0, left.words.1 &+ right.words.1, left.words.2 &+ right.words.2, left.words.3 &+ right.words.3
      ))
  }

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
