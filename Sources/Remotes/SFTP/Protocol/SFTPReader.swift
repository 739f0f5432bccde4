/// Bytes of an SFTP server that are no message of the protocol.
package struct SFTPMalformed: Error, Hashable {
  package let reason: String
  /// In bytes, from the start of the message.
  package let offset: Int
}

/// Reads the fields of one message: numbers are big-endian, strings have their length in front.
struct SFTPReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// From the start of the message.
  var offset: Int { position - bytes.startIndex }
  var isAtEnd: Bool { position == bytes.endIndex }

  mutating func byte() throws(SFTPMalformed) -> UInt8 { UInt8(truncatingIfNeeded: try number(byteCount: 1)) }
  mutating func word() throws(SFTPMalformed) -> UInt32 { UInt32(truncatingIfNeeded: try number(byteCount: 4)) }
  mutating func long() throws(SFTPMalformed) -> UInt64 { try number(byteCount: 8) }

  mutating func string() throws(SFTPMalformed) -> ArraySlice<UInt8> { try take(Int(try word())) }

  mutating func text() throws(SFTPMalformed) -> String { String(decoding: try string(), as: UTF8.self) }

  mutating func rest() -> [UInt8] {
    defer { position = bytes.endIndex }
    return Array(bytes[position...])
  }

  private mutating func number(byteCount: Int) throws(SFTPMalformed) -> UInt64 {
    try take(byteCount).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func take(_ count: Int) throws(SFTPMalformed) -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - position else { throw SFTPMalformed(reason: "a field ends outside its message", offset: offset) }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
