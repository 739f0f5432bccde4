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

  @Test func `of digits in a text, each has to be one, wherever it stands`() {
    let digits = Array("0123456789abcdefABCDEF0123456789fedcba98765432100123456789abcdef".utf8)
    #expect(digits.withUnsafeBufferPointer { ContentID(digits: $0) } == ContentID(hex: String(decoding: digits, as: UTF8.self)))

    for position in digits.indices {
      for byte in UInt8.min ... .max {
        var text = digits
        text[position] = byte
        let isDigit = byte < 0x80 && Character(Unicode.Scalar(byte)).isHexDigit
        let id = text.withUnsafeBufferPointer { ContentID(digits: $0) }
        #expect((id != nil) == isDigit, "\(byte) at \(position)")
        if isDigit { #expect(id == ContentID(hex: String(decoding: text, as: UTF8.self))) }
      }
    }
  }

  @Test func `a sum is the same in any order`() {
    let ids = (0..<20).map { ContentID(hashing: [UInt8($0)]) }

    #expect(ids.reduce(ids[0], &+) == ids.reversed().reduce(ids[0], &+))
    #expect(ids[1] &+ ids[2] != ids[1] &+ ids[3])
  }

  @Test func `orders as its digits do`() {
    let ids = (0..<50).map { ContentID(hashing: [UInt8($0)]) }

    #expect(ids.sorted().map(\.hex) == ids.map(\.hex).sorted())
  }
}
