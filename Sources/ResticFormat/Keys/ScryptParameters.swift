import Crypto
import CryptoExtras
import FoundationEssentials

/// How much work it is to try a password.
package struct ScryptParameters: Sendable, Equatable {
  /// 32 MiB and about 0.1 s: what restic's own calibration finds on small machines.
  package static var standard: Self { Self(n: 32768, r: 8, p: 1) }
  /// No key file may ask for more: 1 GiB, and 16 passes of that.
  private static let mostMemory = 1 << 30
  private static let mostPasses = 16

  package let n: Int
  package let r: Int
  package let p: Int

  package init(n: Int, r: Int, p: Int) {
    self.n = n
    self.r = r
    self.p = p
  }

  /// The key that seals the master key.
  ///
  /// - Throws: `tooLarge` or `malformed` before any memory is taken, for parameters only a hostile key file has.
  package func key(password: String, salt: [UInt8]) throws(FormatError) -> SealingKey {
    try checkBounds()
    do {
      let derived = try KDF.Scrypt.deriveKey(
        from: Array(password.utf8), salt: salt, outputByteCount: SealingKey.byteCount, rounds: n, blockSize: r, parallelism: p,
        maxMemory: Self.mostMemory * 2)
      guard let key = SealingKey(bytes: derived.withUnsafeBytes { Array($0) }) else {
        throw FormatError(.malformed, "scrypt returned a key of another size")
      }
      return key
    } catch let error as FormatError {
      throw error
    } catch {
      throw FormatError(.malformed, "scrypt does not accept N=\(n), r=\(r), p=\(p)")
    }
  }

  private func checkBounds() throws(FormatError) {
    guard n > 1, n & (n - 1) == 0, (1...1024).contains(r), p >= 1 else {
      throw FormatError(.malformed, "names impossible scrypt parameters N=\(n), r=\(r), p=\(p)")
    }
    let (memory, overflow) = n.multipliedReportingOverflow(by: 128 * r)
    guard !overflow, memory <= Self.mostMemory, p <= Self.mostPasses else {
      throw FormatError(.tooLarge, "asks for more memory or work than is accepted: scrypt N=\(n), r=\(r), p=\(p)")
    }
  }
}
