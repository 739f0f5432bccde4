import Primitives
import Testing

struct ContentIDTests {
  @Test func `reads back what it writes`() throws {
    let id = ContentID(hashing: [1, 2, 3])

    #expect(ContentID(hex: id.hex) == id)
    #expect(ContentID(bytes: id.bytes) == id)
    #expect(id.hex.hasPrefix(id.short))
  }

  @Test(arguments: ["", "00", String(repeating: "g", count: 64), String(repeating: "0", count: 63), String(repeating: "0", count: 66)])
  func `refuses what is not 64 hexadecimal digits`(_ text: String) {
    #expect(ContentID(hex: text) == nil)
  }

  @Test func `orders as its digits do`() {
    let ids = (0..<50).map { ContentID(hashing: [UInt8($0)]) }

    #expect(ids.sorted().map(\.hex) == ids.map(\.hex).sorted())
  }
}
