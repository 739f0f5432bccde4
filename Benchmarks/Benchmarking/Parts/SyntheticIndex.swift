import Primitives
import ResticFormat

/// Index entries of blobs that nobody has: as many as are wanted, the same each time.
enum SyntheticIndex {
  private static let blobsInPack = 16
  private static let blobSize = 1 << 20

  /// As many packs as one index file lists.
  static func packs(file: Int) -> [IndexedPack] {
    var random = SplitMix(state: UInt64(file) << 32)
    return (0..<IndexFile.mostBlobs / blobsInPack).map { _ in
      var offset = 0
      let blobs = (0..<blobsInPack).map { _ in
        let length = blobSize / 4 + Int(random.next() % UInt64(blobSize / 4))
        defer { offset += length }
        return PackedBlob(handle: BlobHandle(random.id(), .data), offset: offset, length: length, uncompressedLength: blobSize)
      }
      return IndexedPack(id: random.id(), blobs: blobs)
    }
  }
}

/// Spread as SHA-256 is, and quick.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  mutating func id() -> ContentID {
    var bytes: [UInt8] = []
    for _ in 0..<4 {
      let word = next()
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }
    guard let id = ContentID(bytes: bytes) else { preconditionFailure("four words are 32 bytes") }
    return id
  }
}
