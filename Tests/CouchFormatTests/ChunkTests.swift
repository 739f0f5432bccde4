import CouchFormat
import Primitives
import Testing

/// The framing's rules at block boundaries.
struct ChunkTests {
  @Test(arguments: Array(4080...4110) + [1, 8180, 8191, 8200, 20_000])
  func `a chunk that starts or ends anywhere in a block is read back, and its size counted as CouchDB does`(_ size: Int) throws {
    for lead in [0, 1, 4090, 4091, 4092, 4093, 4094] {
      var file = FileBuilder()
      if lead > 0 { file.append([UInt8](repeating: 0xee, count: lead)) }
      let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let pointer = file.chunk(payload)
      let after = file.bytes.count

      let chunk = try Chunks(MemoryBytes(file.bytes)).chunk(at: pointer)
      #expect(chunk.payload == payload && chunk.checksum == nil)
      #expect(chunk.diskLength == after - pointer, "lead \(lead)")
    }
  }

  @Test
  func `a pointer at a boundary and one behind its prefix mean the same chunk`() throws {
    var file = FileBuilder()
    file.append([UInt8](repeating: 7, count: 4095))
    file.chunk([1, 2, 3])
    let chunks = Chunks(MemoryBytes(file.bytes))

    #expect(try chunks.chunk(at: 4096).payload == [1, 2, 3])
    #expect(try chunks.chunk(at: 4097).payload == [1, 2, 3])
  }

  @Test(arguments: [-1, 0, 5, 9, 4096, 1 << 40, Int.max])
  func `a pointer or a length beyond the file is an error`(_ pointer: Int) {
    var file = FileBuilder()
    file.append(T.be4(0x7fff_ffff) + [1, 2, 3, 4])

    #expect(throws: CouchFormatError.self) { try Chunks(MemoryBytes(file.bytes)).chunk(at: pointer) }
  }

  @Test
  func `a checksum of neither kind is an error that names the place`() throws {
    var file = FileBuilder()
    file.append([9, 9])
    let pointer = file.append([0x80, 0, 0, 2] + [UInt8](repeating: 3, count: 16) + [1, 2])

    let error = #expect(throws: CouchFormatError.self) { try Chunks(MemoryBytes(file.bytes)).chunk(at: pointer) }
    #expect(error?.summary == "a chunk of 2 bytes does not match its checksum (at byte 3)")
  }
}
