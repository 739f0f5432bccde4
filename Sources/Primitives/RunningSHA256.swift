import CLibcrypto

/// A SHA-256 whose state can be kept and taken up again: the digest of a grown file costs only its new bytes.
///
/// OpenSSL's SHA256_CTX is open where other libraries hide theirs. A kept state is the eight chaining words after the last
/// whole 64-byte block; the up to 63 bytes after that block are read from the file again.
package struct RunningSHA256 {
  /// Bytes of one compression step: states are kept at multiples of it.
  package static let blockSize = 64

  private var context = SHA256_CTX()
  /// Bytes digested so far.
  package private(set) var byteCount = 0

  package init() { SHA256_Init(&context) }

  /// Takes up a digest after its first `state.byteCount` bytes.
  package init(resuming state: State) {
    SHA256_Init(&context)
    withUnsafeMutableBytes(of: &context.h) { words in
      for (index, word) in state.words.enumerated() { words.storeBytes(of: word, toByteOffset: index * 4, as: UInt32.self) }
    }
    let bits = UInt64(state.byteCount) << 3
    context.Nl = UInt32(truncatingIfNeeded: bits)
    context.Nh = UInt32(truncatingIfNeeded: bits >> 32)
    byteCount = state.byteCount
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    SHA256_Update(&context, base, bytes.count)
    byteCount += bytes.count
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of all bytes so far; more may follow.
  package var digest: ContentID {
    var copy = context
    return withUnsafeTemporaryAllocation(byteCount: ContentID.byteCount, alignment: 8) { digest in
      SHA256_Final(digest.baseAddress, &copy)
      return ContentID(unchecked: UnsafeRawBufferPointer(digest))
    }
  }

  /// What to keep so that the digest can go on later.
  package var state: State {
    let words = withUnsafeBytes(of: context.h) { Array($0.bindMemory(to: UInt32.self)) }
    return State(words: words, byteCount: byteCount / Self.blockSize * Self.blockSize)
  }

  /// The eight chaining words after `byteCount` bytes, a multiple of 64.
  package struct State: Equatable, Sendable {
    package let words: [UInt32]
    package let byteCount: Int

    fileprivate init(words: [UInt32], byteCount: Int) {
      self.words = words
      self.byteCount = byteCount
    }

    /// - Parameter hex: the eight words, most significant digit first: 64 digits.
    package init?(hex: some StringProtocol, byteCount: Int) {
      guard let bytes = Hex.decode(hex), bytes.count == 32, byteCount.isMultiple(of: RunningSHA256.blockSize), byteCount >= 0
      else { return nil }
      words = stride(from: 0, to: 32, by: 4).map { start in
        bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
      }
      self.byteCount = byteCount
    }

    package var hex: String {
      Hex.encode(words.flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } })
    }
  }
}
