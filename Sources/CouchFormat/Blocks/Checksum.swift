import CXXHash
import Crypto

/// Which of the two checksums stands before a header or a document summary. Nothing in the file says it: a reader tries both.
package enum ChecksumKind: String, Sendable, CaseIterable {
  /// Up to 3.4, and wherever `write_xxhash_checksums` is off.
  case md5
  /// XXH3-128 in canonical order, from 3.4 on; 3.3 and older take a file whose headers use it for empty.
  case xxh3
}

enum Checksum {
  static let byteCount = 16

  /// Which kind `stored` is of `payload`; `nil` if of neither.
  static func kind(of stored: ArraySlice<UInt8>, over payload: ArraySlice<UInt8>) -> ChecksumKind? {
    stored.withUnsafeBytes { stored in
      payload.withUnsafeBytes { payload in
        guard stored.count == byteCount else { return nil }
        if isXXH3(stored, of: payload) { return .xxh3 }
        return isMD5(stored, of: payload) ? .md5 : nil
      }
    }
  }

  private static func isXXH3(_ stored: UnsafeRawBufferPointer, of payload: UnsafeRawBufferPointer) -> Bool {
    let hash = XXH3_128bits(payload.baseAddress, payload.count)
    return UInt64(bigEndian: stored.loadUnaligned(as: UInt64.self)) == hash.high64
      && UInt64(bigEndian: stored.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) == hash.low64
  }

  private static func isMD5(_ stored: UnsafeRawBufferPointer, of payload: UnsafeRawBufferPointer) -> Bool {
    var hash = Insecure.MD5()
    hash.update(bufferPointer: payload)
    return hash.finalize().withUnsafeBytes { $0.elementsEqual(stored) }
  }

  static func make(_ kind: ChecksumKind, of payload: [UInt8]) -> [UInt8] {
    switch kind {
    case .md5: return Array(Insecure.MD5.hash(data: payload))
    case .xxh3:
      let hash = payload.withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
      return [hash.high64, hash.low64].flatMap { word in
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
      }
    }
  }
}
