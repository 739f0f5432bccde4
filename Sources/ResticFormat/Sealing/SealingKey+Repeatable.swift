import Crypto

extension SealingKey {
  /// What is sealed repeatably; each use has initialization vectors of its own.
  package enum RepeatableUse: String, Sendable {
    case packHeader = "akiba: iv of a pack header"
    case unpackedFile = "akiba: iv of an unpacked file"
  }

  /// Seals so that the same bytes become the same sealed bytes in every copy of a repository.
  ///
  /// The initialization vector is the first half of an HMAC-SHA256 over the very bytes that are sealed, under a key of its own that HKDF derives
  /// from the encryption key. That is safe for what a random vector is there for: whoever lacks the key cannot tell such vectors from random ones,
  /// so two different plaintexts meet in the counter stream, or in Poly1305's one-time key, as rarely as restic's random 128 bits do; and where
  /// a vector returns, key, plaintext and so the whole result are the same. All it shows is that two objects are equal, which their names show too.
  package func sealRepeatably(_ plaintext: [UInt8], as use: RepeatableUse) -> [UInt8] {
    let key = HKDF<SHA256>.deriveKey(inputKeyMaterial: encryption, info: Array(use.rawValue.utf8), outputByteCount: 32)
    let code = Array(HMAC<SHA256>.authenticationCode(for: plaintext, using: key))
    let iv = Array(code.prefix(Self.ivByteCount))
    // restic refuses an all-zero vector; the other half is as good.
    return seal(plaintext, iv: iv.allSatisfy { $0 == 0 } ? Array(code.suffix(Self.ivByteCount)) : iv)
  }
}
