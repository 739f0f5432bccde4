import Primitives

/// The table at the end of a pack: what blobs lie in it, in order, without gaps.
///
///     pack   = sealed blobs ‖ sealed(header) ‖ u32le length of sealed(header)
///     header = entries
///     entry  = 0 data │ 1 tree   u8 kind, u32le length, 32 bytes id                       37 bytes
///              2 data │ 3 tree   u8 kind, u32le length, u32le plaintext length, 32 id     41 bytes, zstd
///
/// Source: restic `internal/repository/pack/pack.go`, `makeHeader`, `parseHeaderEntry`.
package enum PackHeader {
  package static let lengthByteCount = 4
  /// restic's bound for the sealed header.
  package static let largestHeader = 16 << 20
  private static let plainEntry = 5 + ContentID.byteCount
  private static let compressedEntry = 9 + ContentID.byteCount

  /// Bytes a pack holds besides its sealed blobs: sealed header and length.
  package static func byteCount(of blobs: some Sequence<PackedBlob>) -> Int {
    SealingKey.overhead + lengthByteCount + blobs.reduce(0) { $0 + ($1.uncompressedLength == nil ? plainEntry : compressedEntry) }
  }

  package static func encode(_ blobs: [PackedBlob]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(blobs.count * compressedEntry)
    for blob in blobs {
      bytes.append(blob.handle.kind.rawValue | (blob.uncompressedLength == nil ? 0 : 2))
      appendLittleEndian(blob.length, to: &bytes)
      if let plain = blob.uncompressedLength { appendLittleEndian(plain, to: &bytes) }
      bytes += blob.handle.id.bytes
    }
    return bytes
  }

  /// - Parameter header: unsealed.
  package static func decode(_ header: [UInt8]) throws(FormatError) -> [PackedBlob] {
    var blobs: [PackedBlob] = []
    var offset = 0
    var position = 0
    while position < header.count {
      let type = header[position]
      guard type <= 3 else { throw FormatError(.unsupported, "pack header entry \(blobs.count) is of unknown kind \(type)") }
      let isCompressed = type & 2 != 0
      let end = position + (isCompressed ? compressedEntry : plainEntry)
      guard end <= header.count, let id = ContentID(bytes: header[end - ContentID.byteCount..<end]) else {
        throw FormatError(.truncated, "pack header ends inside entry \(blobs.count)")
      }
      let length = littleEndian(header, at: position + 1)
      guard length >= SealingKey.overhead else {
        throw FormatError(.malformed, "pack header entry \(blobs.count) is shorter than any sealed blob: \(length) bytes")
      }
      let plain = isCompressed ? littleEndian(header, at: position + 5) : nil
      let handle = BlobHandle(id, type & 1 == 0 ? .data : .tree)
      blobs.append(PackedBlob(handle: handle, offset: offset, length: length, uncompressedLength: plain))
      offset += length
      position = end
    }
    return blobs
  }

  /// Opens the header of a whole pack.
  ///
  /// - Throws: also when the blobs do not fill exactly what lies before the header.
  package static func read(from pack: [UInt8], with key: SealingKey) throws(FormatError) -> [PackedBlob] {
    let length = try sealedByteCount(tail: pack, packSize: pack.count)
    return try read(sealed: pack[pack.count - lengthByteCount - length..<pack.count - lengthByteCount], packSize: pack.count, with: key)
  }

  /// How long the sealed header is that ends before a pack's last four bytes.
  ///
  /// - Parameter tail: the pack's last bytes, at least four.
  package static func sealedByteCount(tail: [UInt8], packSize: Int) throws(FormatError) -> Int {
    let minimum = lengthByteCount + SealingKey.overhead
    guard packSize >= minimum, tail.count >= lengthByteCount else {
      throw FormatError(.truncated, "pack has \(packSize) bytes; at least \(minimum) belong there")
    }
    let length = littleEndian(tail, at: tail.count - lengthByteCount)
    guard length >= SealingKey.overhead, length <= min(packSize - lengthByteCount, largestHeader) else {
      throw FormatError(.malformed, "pack of \(packSize) bytes claims a header of \(length) bytes")
    }
    return length
  }

  /// Opens a sealed header.
  ///
  /// - Throws: also when the blobs do not fill exactly what lies before the header in a pack of this size.
  package static func read(sealed header: ArraySlice<UInt8>, packSize: Int, with key: SealingKey) throws(FormatError) -> [PackedBlob] {
    let blobs = try decode(key.unseal(header))
    let filled = blobs.last.map { $0.offset + $0.length } ?? 0
    let before = packSize - lengthByteCount - header.count
    guard filled == before else {
      throw FormatError(.malformed, "pack header lists \(filled) bytes of blobs, but \(before) lie before it")
    }
    return blobs
  }

  static func appendLittleEndian(_ value: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt32(value).littleEndian) { bytes += $0 }  // traps past 4 GiB: packs and blobs are bounded far below
  }

  private static func littleEndian(_ bytes: [UInt8], at offset: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) }
  }
}
