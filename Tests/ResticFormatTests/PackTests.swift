import Primitives
import Testing

import ResticFormat

struct PackTests {
  private let key = SealingKey(random: .system)

  @Test func `a finished pack reads back as it was built`() throws {
    let pack = try samplePack()

    let blobs = try PackHeader.read(from: pack.bytes, with: key)

    #expect(blobs == pack.blobs)
    #expect(pack.id == ContentID(hashing: pack.bytes))
    #expect(pack.bytes.count == PackHeader.byteCount(of: blobs) + blobs.reduce(0) { $0 + $1.length })
    #expect(blobs.map(\.plaintextLength) == [5, 0, 1000])
    #expect(blobs[1].offset == blobs[0].length)
    let sealing = BlobSealing(key: key, compression: Compression())
    let last = blobs[2]
    let opened = try sealing.open(
      pack.bytes[last.offset..<last.offset + last.length], as: last.handle.id, uncompressedLength: last.uncompressedLength)
    #expect(opened == [UInt8](repeating: 3, count: 1000))
    let mistaken = #expect(throws: FormatError.self) {
      try sealing.open(
        pack.bytes[last.offset..<last.offset + last.length], as: blobs[0].handle.id, uncompressedLength: last.uncompressedLength)
    }
    #expect(mistaken?.summary == "opens, but its content has another SHA-256 than its name")
  }

  @Test func `header entries have restic's layout`() {
    let id = ContentID(hashing: [])
    let blobs = [
      PackedBlob(handle: BlobHandle(id, .tree), offset: 0, length: 0x0102_0304, uncompressedLength: nil),
      PackedBlob(handle: BlobHandle(id, .data), offset: 0x0102_0304, length: 33, uncompressedLength: 5),
    ]

    let header = PackHeader.encode(blobs)

    #expect(header[..<5] == [1, 4, 3, 2, 1])
    #expect(Array(header[5..<37]) == id.bytes)
    #expect(header[37..<46] == [2, 33, 0, 0, 0, 5, 0, 0, 0])
    #expect(header.count == 37 + 41)
  }

  @Test func `whatever bit of a pack's header is flipped, it is refused`() throws {
    let pack = try samplePack()
    let start = pack.blobs.last.map { $0.offset + $0.length } ?? 0

    for index in start..<pack.bytes.count {
      var damaged = pack.bytes
      damaged[index] ^= 0x10
      #expect(throws: FormatError.self) { try PackHeader.read(from: damaged, with: key) }
    }
    for count in stride(from: 0, to: pack.bytes.count, by: 7) {
      #expect(throws: FormatError.self) { try PackHeader.read(from: Array(pack.bytes[..<count]), with: key) }
    }
  }

  @Test func `no unsealed header traps`() throws {
    let header = PackHeader.encode(try samplePack().blobs)

    expectNoTrap(header) { _ = try PackHeader.decode($0) }
  }

  @Test func `bytes missing before the header are noticed`() throws {
    let pack = try samplePack()

    let error = #expect(throws: FormatError.self) { try PackHeader.read(from: Array(pack.bytes.dropFirst()), with: key) }

    #expect(error?.summary.contains("lie before it") == true)
  }

  private func samplePack() throws -> SealedPack {
    var builder = PackBuilder()
    let sealing = BlobSealing(key: key, compression: Compression())
    for plaintext in [Array("hello".utf8), [], [UInt8](repeating: 3, count: 1000)] {
      let (sealed, size) = sealing.seal(plaintext, random: .system)
      builder.append(sealed, as: BlobHandle(ContentID(hashing: plaintext), .data), uncompressedLength: size)
    }
    return builder.finish(with: key, random: .system)
  }
}
