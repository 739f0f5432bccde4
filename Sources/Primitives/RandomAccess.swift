/// Bytes that can be read from any offset: a file, a part of memory, a file inside a snapshot.
package protocol RandomAccess: Sendable {
  /// Size in bytes. Reads never pass it, even if the file behind has grown.
  var byteCount: Int { get }

  /// Fills `buffer` from `offset` (bytes, 0-based).
  ///
  /// - Returns: Bytes read; fewer than asked only at the end. 0 at or past the end.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension RandomAccess {
  /// Up to `count` bytes from `offset`; fewer only at the end.
  package func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    guard offset >= 0, offset < byteCount, count > 0 else { return [] }
    return try [UInt8](unsafeUninitializedCapacity: min(count, byteCount - offset)) { buffer, filled in
      filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}

/// Bytes in memory.
package struct MemoryBytes: RandomAccess {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var byteCount: Int { bytes.count }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard offset >= 0, offset < bytes.count else { return 0 }
    let count = min(buffer.count, bytes.count - offset)
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    return count
  }
}

/// The first `byteCount` bytes of another source: a file as it was when it ended there.
package struct Prefix<Source: RandomAccess>: RandomAccess {
  private let source: Source
  package let byteCount: Int

  package init(_ source: Source, byteCount: Int) {
    self.source = source
    self.byteCount = min(byteCount, source.byteCount)
  }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard offset >= 0, offset < byteCount, let base = buffer.baseAddress else { return 0 }
    let wanted = min(buffer.count, byteCount - offset)
    return try source.read(at: offset, into: UnsafeMutableRawBufferPointer(start: base, count: wanted))
  }
}
