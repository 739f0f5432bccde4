import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

struct SealedScratchTests {
  @Test(arguments: [1, 15, 16, 17, 1000, 65_537])
  func `reads back from any offset what was written in pieces of any size`(_ pieceSize: Int) throws {
    let folder = try TemporaryFolder()
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<70_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let scratch = try SealedScratch(in: FilePath(folder.path), byteCount: bytes.count)

    for start in stride(from: 0, to: bytes.count, by: pieceSize) {
      try scratch.write(Array(bytes[start..<min(bytes.count, start + pieceSize)]), at: start)
    }

    #expect(try scratch.bytes(at: 0, count: bytes.count) == bytes)
    for offset in [1, 7, 16, 4095, 4096, 69_999, 70_000] {
      #expect(try scratch.bytes(at: offset, count: 100) == Array(bytes[offset..<min(bytes.count, offset + 100)]))
    }
    #expect(try scratch.bytes(at: bytes.count, count: 1).isEmpty)
  }

  @Test func `leaves no name in the folder`() throws {
    let folder = try TemporaryFolder()
    let scratch = try SealedScratch(in: FilePath(folder.path), byteCount: 3)
    try scratch.write([1, 2, 3], at: 0)

    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    #expect(try scratch.bytes(at: 0, count: 3) == [1, 2, 3])
  }
}
