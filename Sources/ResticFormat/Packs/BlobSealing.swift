package import Primitives

/// One blob on its way into or out of a pack: compressed if that helps, sealed, checked against its name.
package struct BlobSealing: Sendable {
  private let key: SealingKey
  private let compression: Compression

  package init(key: SealingKey, compression: Compression) {
    self.key = key
    self.compression = compression
  }

  /// - Returns: the sealed bytes, and the plaintext size if they are compressed.
  package func seal(_ plaintext: [UInt8], random: RandomSource) -> (sealed: [UInt8], uncompressedLength: Int?) {
    guard let frame = compression.compress(plaintext) else { return (key.seal(plaintext, random: random), nil) }
    return (key.seal(frame, random: random), plaintext.count)
  }

  /// Opens sealed bytes without looking at what they should be.
  package func unseal(_ sealed: some RandomAccessCollection<UInt8>, uncompressedLength: Int?) throws(FormatError) -> [UInt8] {
    let content = try key.unseal(sealed)
    guard let uncompressedLength else { return content }
    return try compression.decompress(content, declared: uncompressedLength)
  }

  /// Opens a blob and compares it with its name.
  package func open(_ sealed: some RandomAccessCollection<UInt8>, as id: ContentID, uncompressedLength: Int?) throws(FormatError)
    -> [UInt8]
  {
    let plaintext = try unseal(sealed, uncompressedLength: uncompressedLength)
    guard ContentID(hashing: plaintext) == id else {
      throw FormatError(.malformed, "opens, but its content has another SHA-256 than its name")
    }
    return plaintext
  }
}
