import TestSupport
import Testing

import ResticFormat

struct CompressionTests {
  private let compression = Compression()

  @Test func `compressible bytes get smaller and come back`() throws {
    let plaintext = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 100) }

    let frame = try #require(compression.compress(plaintext))

    #expect(frame.count < 5000)
    #expect(try compression.decompress(frame, declared: plaintext.count) == plaintext)
    #expect(try compression.decompress(frame, declared: nil) == plaintext)
  }

  @Test func `nothing and noise stay as they are`() {
    var random = SeededRandom(seed: 5)

    #expect(compression.compress([]) == nil)
    #expect(compression.compress([1]) == nil)
    #expect(compression.compress(random.bytes(5000)) == nil)
  }

  @Test(arguments: [0, 1, 999, 1001, 1 << 40])
  func `a size other than the declared one is refused`(_ declared: Int) throws {
    let frame = try #require(compression.compress([UInt8](repeating: 1, count: 1000)))

    let error = #expect(throws: FormatError.self) { try compression.decompress(frame, declared: declared) }

    #expect(error?.kind == (declared > Compression.largestPlaintext ? .tooLarge : .malformed))
  }

  @Test func `a frame that claims more than the limit is refused before memory is taken`() throws {
    let frame = try #require(compression.compress([UInt8](repeating: 1, count: 100_000)))

    let error = #expect(throws: FormatError.self) { try compression.decompress(frame, declared: nil, limit: 99_999) }

    #expect(error?.kind == .tooLarge)
  }

  @Test func `a frame without a size, as streaming writers make them, is read up to the limit`() throws {
    // zstd -c --no-check of 1000 times "a" through a pipe: no content size in the header.
    let frame = hexBytes("28b52ffd00584d00001061610100e32b8005")

    #expect(try compression.decompress(frame, declared: nil) == [UInt8](repeating: 0x61, count: 1000))
    let error = #expect(throws: FormatError.self) { try compression.decompress(frame, declared: nil, limit: 999) }
    #expect(error?.kind == .tooLarge)
  }

  @Test func `no damage of a frame traps`() throws {
    let frame = try #require(compression.compress((0..<300).map { UInt8($0 / 30) }))

    expectNoTrap(frame) { _ = try compression.decompress($0, declared: nil) }
    expectNoTrap(frame) { _ = try compression.decompress($0, declared: 300) }
  }
}
