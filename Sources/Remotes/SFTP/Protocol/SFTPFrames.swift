/// Finds the messages in the bytes that come from an SFTP server: each has its length in front, in four bytes.
///
/// Holds at most two of the largest messages.
package struct SFTPFrames {
  /// In bytes: OpenSSH's limit, and some more for servers that count without their header.
  package static let largestMessage = 256 << 10 + 1 << 10

  private var buffer = [UInt8](repeating: 0, count: 2 * (4 + Self.largestMessage))
  /// What is in the buffer and not yet taken.
  private var filled = 0..<0

  package init() {}

  /// - Parameter receive: writes bytes to where it is told and says how many. There is room for one at least.
  package mutating func fill(_ receive: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    if filled.lowerBound > buffer.count / 2 || filled.isEmpty {
      let taken = filled
      buffer.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken])) }
      filled = 0..<filled.count
    }
    let count = buffer.withUnsafeMutableBytes { receive(UnsafeMutableRawBufferPointer(rebasing: $0[filled.upperBound...])) }
    if count > 0 { filled = filled.lowerBound..<filled.upperBound + count }
    return count
  }

  /// - Returns: `nil` until the next message is whole.
  package mutating func next() throws(SFTPMalformed) -> SFTPMessage? {
    guard filled.count >= 4 else { return nil }
    var reader = SFTPReader(buffer[filled])
    let length = Int(try reader.word())
    guard length <= Self.largestMessage else { throw SFTPMalformed(reason: "a message of \(length) bytes is too long", offset: 0) }
    guard filled.count >= 4 + length else { return nil }
    let start = filled.lowerBound + 4
    let message = try SFTPMessage(parsing: buffer[start..<start + length])
    filled = start + length..<filled.upperBound
    return message
  }
}
