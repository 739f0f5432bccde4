import CLibcrypto

/// AES-256-CTR from one place in memory to another.
///
/// From libcrypto, because swift-crypto hands out a `Data` that has to be copied to where it is wanted: every stored byte twice.
enum CounterMode {
  /// libcrypto counts bytes in 32 bits.
  private static let longestStep = 1 << 30

  /// Enciphers or deciphers, which is the same.
  ///
  /// - Parameters:
  ///   - key: 32 bytes.
  ///   - iv: 16 bytes, the first counter block.
  ///   - output: room for as many bytes as `text` has.
  static func apply(
    key: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, to text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(key.count == 32 && iv.count == 16 && output.count >= text.count)
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("no memory for a cipher's context") }
    defer { EVP_CIPHER_CTX_free(context) }
    func bytes(_ buffer: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? { buffer.bindMemory(to: UInt8.self).baseAddress }
    var isDone = EVP_CipherInit_ex(context, EVP_aes_256_ctr(), nil, bytes(key), bytes(iv), 1) == 1
    var done = 0
    while isDone, done < text.count {
      let step = min(longestStep, text.count - done)
      var written: Int32 = 0
      isDone =
        EVP_CipherUpdate(
          context, output.bindMemory(to: UInt8.self).baseAddress.map { $0 + done }, &written, bytes(text).map { $0 + done }, Int32(step))
        == 1
        && written == step
      done += step
    }
    // A cipher that fails on such input is missing or broken: nothing it wrote can be trusted.
    precondition(isDone, "libcrypto's AES-256-CTR does not work on this machine")
  }
}
