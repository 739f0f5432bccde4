package import Primitives

/// Puts sealed blobs into one pack.
package struct PackBuilder: Sendable {
  private var bytes: [UInt8] = []
  package private(set) var blobs: [PackedBlob] = []

  /// - Parameter capacity: bytes to make room for, so that growing does not copy.
  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// Sealed bytes so far, without the header.
  package var byteCount: Int { bytes.count }

  package var isEmpty: Bool { blobs.isEmpty }

  /// - Parameter uncompressedLength: plaintext size if `sealed` holds a zstd frame.
  package mutating func append(_ sealed: [UInt8], as handle: BlobHandle, uncompressedLength: Int?) {
    blobs.append(PackedBlob(handle: handle, offset: bytes.count, length: sealed.count, uncompressedLength: uncompressedLength))
    bytes += sealed
  }

  /// The whole pack, header and all.
  package consuming func finish(with key: SealingKey, random: RandomSource) -> SealedPack {
    let header = key.seal(PackHeader.encode(blobs), random: random)
    return finish(header)
  }

  /// The same pack for the same sealed blobs, wherever it is made.
  package consuming func finishRepeatably(with key: SealingKey) -> SealedPack {
    let header = key.sealRepeatably(PackHeader.encode(blobs), as: .packHeader)
    return finish(header)
  }

  private consuming func finish(_ header: [UInt8]) -> SealedPack {
    // Moved out, so that the header does not copy what is there.
    var builder = self
    builder.bytes += header
    PackHeader.appendLittleEndian(header.count, to: &builder.bytes)
    return SealedPack(id: ContentID(hashing: builder.bytes), bytes: builder.bytes, blobs: builder.blobs)
  }
}

/// A finished pack: its bytes and what the index says about it.
package struct SealedPack: Sendable {
  package let id: ContentID
  package let bytes: [UInt8]
  package let blobs: [PackedBlob]
}
