/// What is asked of an SFTP server of version 3, with OpenSSH's extensions.
///
/// Source: draft-ietf-secsh-filexfer-02, sections 4 and 6; openssh-portable `PROTOCOL`, section 4.
package enum SFTPRequest: Sendable {
  case open(String, OpenMode)
  case close([UInt8])
  case read([UInt8], offset: Int, count: Int)
  case write([UInt8], offset: Int, ArraySlice<UInt8>)
  case openFolder(String)
  case readFolder([UInt8])
  case status(String)
  case statusOfOpen([UInt8])
  case remove(String)
  case makeFolder(String)
  /// Fails if the new name is there.
  case rename(String, to: String)
  /// Replaces what has the new name.
  case replace(String, by: String)
  case sync([UInt8])
  case fileSystem(String)
  case limits

  package enum OpenMode {
    case reading
    /// Fails if it is there. 0600.
    case creating
  }

  /// Bytes of objects that it moves, in either direction.
  var weight: Int {
    switch self {
    case .read(_, _, let count): count
    case .write(_, _, let bytes): bytes.count
    default: 0
    }
  }

  /// - Returns: the message with its length, without `payload`, which follows it as it is.
  func encoded(id: UInt32) -> (head: [UInt8], payload: ArraySlice<UInt8>) {
    switch self {
    case .open(let path, .reading): plain(3, id, .text(path), .word(1), .word(0))
    case .open(let path, .creating): plain(3, id, .text(path), .word(0x2a), .word(4), .word(0o600))  // write, create, new; permissions
    case .close(let handle): plain(4, id, .bytes(handle))
    case .read(let handle, let offset, let count): plain(5, id, .bytes(handle), .long(offset), .word(UInt32(count)))
    case .write(let handle, let offset, let bytes):
      (Self.message(6, id, [.bytes(handle), .long(offset), .word(UInt32(bytes.count))], payloadByteCount: bytes.count), bytes)
    case .statusOfOpen(let handle): plain(8, id, .bytes(handle))
    case .openFolder(let path): plain(11, id, .text(path))
    case .readFolder(let handle): plain(12, id, .bytes(handle))
    case .remove(let path): plain(13, id, .text(path))
    case .makeFolder(let path): plain(14, id, .text(path), .word(4), .word(0o700))  // permissions
    case .status(let path): plain(17, id, .text(path))
    case .rename(let path, let new): plain(18, id, .text(path), .text(new))
    case .replace(let path, let new): plain(200, id, .text("posix-rename@openssh.com"), .text(new), .text(path))
    case .sync(let handle): plain(200, id, .text("fsync@openssh.com"), .bytes(handle))
    case .fileSystem(let path): plain(200, id, .text("statvfs@openssh.com"), .text(path))
    case .limits: plain(200, id, .text("limits@openssh.com"))
    }
  }

  /// The first message of all: version 3.
  static var greeting: [UInt8] { message(1, 3, []) }

  private enum Field {
    case text(String)
    case bytes([UInt8])
    case word(UInt32)
    case long(Int)
  }

  private func plain(_ type: UInt8, _ id: UInt32, _ fields: Field...) -> (head: [UInt8], payload: ArraySlice<UInt8>) {
    (Self.message(type, id, fields), [])
  }

  private static func message(_ type: UInt8, _ id: UInt32, _ fields: [Field], payloadByteCount: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 0, 0, type]
    func put(_ number: Int, byteCount: Int) {
      for shift in stride(from: 8 * (byteCount - 1), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    func put(_ string: some Collection<UInt8>) {
      put(string.count, byteCount: 4)
      bytes += string
    }
    put(Int(id), byteCount: 4)
    for field in fields {
      switch field {
      case .text(let text): put(text.utf8)
      case .bytes(let string): put(string)
      case .word(let word): put(Int(word), byteCount: 4)
      case .long(let long): put(long, byteCount: 8)
      }
    }
    let length = bytes.count - 4 + payloadByteCount
    for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    return bytes
  }
}
