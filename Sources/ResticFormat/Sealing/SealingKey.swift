import CSodium
import Crypto
import CryptoExtras

/// The key that seals everything in a repository: AES-256-CTR, then Poly1305-AES over the ciphertext.
///
///     sealed = IV (16 random bytes) ‖ AES-256-CTR(plaintext) ‖ tag (16)
///
/// The tag's one-time key is `r ‖ AES-128_k(IV)`; Poly1305 clamps `r` itself, so a stored `r` may be clamped or not. Nothing
/// binds sealed bytes to their name: every reader compares the SHA-256 too.
///
/// Source: restic `internal/crypto/crypto.go`, `Seal`, `Open`, `poly1305PrepareKey`.
package struct SealingKey: Sendable, Equatable {
  package static let byteCount = 64
  package static let ivByteCount = 16
  package static let tagByteCount = 16
  /// What sealing adds to the plaintext.
  package static let overhead = ivByteCount + tagByteCount

  let encryption: SymmetricKey
  let macK: SymmetricKey
  let macR: [UInt8]

  /// - Parameter bytes: 64: encryption key 32, `k` 16, `r` 16, the order scrypt hands them out.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    encryption = SymmetricKey(data: bytes[0..<32])
    macK = SymmetricKey(data: bytes[32..<48])
    macR = Array(bytes[48..<64])
  }

  /// A new random key. `r` is stored clamped, as restic's own are.
  package init(random: RandomSource) {
    var bytes = random.bytes(Self.byteCount)
    precondition(bytes.count == Self.byteCount, "the random source returned too few bytes")
    for index in [3, 7, 11, 15] { bytes[48 + index] &= 0x0F }
    for index in [4, 8, 12] { bytes[48 + index] &= 0xFC }
    encryption = SymmetricKey(data: bytes[0..<32])
    macK = SymmetricKey(data: bytes[32..<48])
    macR = Array(bytes[48..<64])
  }

  package func seal(_ plaintext: [UInt8], random: RandomSource) -> [UInt8] {
    var iv = random.bytes(Self.ivByteCount)
    while iv.allSatisfy({ $0 == 0 }) { iv = random.bytes(Self.ivByteCount) }  // restic refuses an all-zero IV
    return seal(plaintext, iv: iv)
  }

  /// - Parameter iv: 16 bytes, never used before with this key.
  package func seal(_ plaintext: [UInt8], iv: [UInt8]) -> [UInt8] {
    let oneTimeKey = oneTimeKey(iv: iv)
    let bodyEnd = Self.ivByteCount + plaintext.count
    return [UInt8](unsafeUninitializedCapacity: plaintext.count + Self.overhead) { buffer, filled in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw.copyBytes(from: iv)
      plaintext.withUnsafeBytes { counterMode($0, iv: iv, into: UnsafeMutableRawBufferPointer(rebasing: raw[Self.ivByteCount..<bodyEnd])) }
      // The buffer is never empty: 32 bytes at least.
      _ = crypto_onetimeauth_poly1305(
        buffer.baseAddress! + bodyEnd, buffer.baseAddress! + Self.ivByteCount, UInt64(plaintext.count), oneTimeKey)
      filled = plaintext.count + Self.overhead
    }
  }

  /// - Throws: `authentication` when a single bit differs from what this key sealed; `truncated` below 32 bytes.
  package func unseal(_ sealed: some RandomAccessCollection<UInt8>) throws(FormatError) -> [UInt8] {
    guard sealed.count >= Self.overhead else {
      throw FormatError(.truncated, "sealed bytes end after \(sealed.count) bytes; at least \(Self.overhead) belong there")
    }
    let plaintext =
      sealed.withContiguousStorageIfAvailable { opened($0) }
      ?? Array(sealed).withUnsafeBufferPointer { opened($0) }
    guard let plaintext else {
      throw FormatError(.authentication, "authentication fails: damaged, or sealed with another key")
    }
    return plaintext
  }

  private func opened(_ sealed: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let bodyEnd = sealed.count - Self.tagByteCount
    let iv = Array(sealed[..<Self.ivByteCount])
    let base = sealed.baseAddress!  // at least 32 bytes, checked by the caller
    // libsodium compares the tag in constant time.
    guard
      crypto_onetimeauth_poly1305_verify(
        base + bodyEnd, base + Self.ivByteCount, UInt64(bodyEnd - Self.ivByteCount), oneTimeKey(iv: iv)) == 0
    else { return nil }
    let body = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(sealed)[Self.ivByteCount..<bodyEnd])
    return [UInt8](unsafeUninitializedCapacity: body.count) { buffer, filled in
      counterMode(body, iv: iv, into: UnsafeMutableRawBufferPointer(buffer))
      filled = body.count
    }
  }

  private func counterMode(_ text: UnsafeRawBufferPointer, iv: [UInt8], into output: UnsafeMutableRawBufferPointer) {
    encryption.withUnsafeBytes { key in iv.withUnsafeBytes { CounterMode.apply(key: key, iv: $0, to: text, into: output) } }
  }

  private func oneTimeKey(iv: [UInt8]) -> [UInt8] {
    var permuted = iv
    do { try AES.permute(&permuted, key: macK) } catch { preconditionFailure("AES-128 refused a 16-byte key or block: \(error)") }
    return macR + permuted
  }
}
