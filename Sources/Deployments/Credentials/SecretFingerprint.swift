import Crypto
import CryptoExtras
import Primitives

/// A short text that tells whether two secrets of one deployment are equal, and nothing else.
///
/// Each guess at the secret costs an scrypt of 32 MiB, so that a weak one is not found quickly by whoever reads a log.
package enum SecretFingerprint {
  private static let byteCount = 8
  private static let rounds = 1 << 15
  private static let blockSize = 8
  /// BoringSSL refuses more than it was told; the work itself takes 32 MiB.
  private static let mostMemory = 64 << 20

  /// - Parameter salt: What the deployment is called or known by: equal secrets of two deployments do not look equal.
  /// - Returns: 16 hexadecimal digits.
  package static func of(_ secret: [UInt8], salt: String) -> String {
    do {
      let key = try KDF.Scrypt.deriveKey(
        from: secret, salt: Array("akiba\(salt)".utf8), outputByteCount: byteCount, rounds: rounds, blockSize: blockSize, parallelism: 1,
        maxMemory: mostMemory)
      return key.withUnsafeBytes { Hex.encode($0) }
    } catch {
      preconditionFailure("scrypt refuses constant parameters that a test has seen it take")
    }
  }
}
