import CouchFormat
import Primitives
import Testing

/// Terms the corpora lack, and terms nobody should write.
struct TermTests {
  private func json(_ term: [UInt8], _ style: JSONWriter.Style = .couch) throws -> String {
    var cursor = TermCursor(term, term.indices)
    var writer = JSONWriter(style)
    try writer.term(&cursor)
    #expect(cursor.isAtEnd)
    cursor = TermCursor(term, term.indices)
    try cursor.skipTerm()
    #expect(cursor.isAtEnd)
    return String(decoding: writer.output, as: UTF8.self)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let term: [UInt8]
    let json: String
    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(name: "float of old releases", term: [99] + pad("1.50000000000000000000e+00"), json: "1.5"),
    Row(name: "large big", term: [111, 0, 0, 0, 9, 1] + [0, 0, 0, 0, 0, 0, 0, 0, 1], json: "-18446744073709551616"),
    Row(name: "small big of one word", term: [110, 8, 0] + [UInt8](repeating: 255, count: 8), json: "18446744073709551615"),
    Row(name: "big zero", term: [110, 3, 0, 0, 0, 0], json: "0"),
    Row(name: "small atom", term: [115, 4] + Array("true".utf8), json: "true"),
    Row(name: "utf-8 atom", term: [118, 0, 4] + Array("null".utf8), json: "null"),
    Row(name: "small utf-8 atom", term: [119, 5] + Array("false".utf8), json: "false"),
    Row(name: "any other atom", term: T.atom("hash"), json: "\"hash\""),
    Row(name: "large tuple", term: [105, 0, 0, 0, 1] + T.list(T.tuple(T.binary("a"), T.int(1))), json: "{\"a\":1}"),
    Row(name: "string", term: [107, 0, 3, 1, 2, 255], json: "[1,2,255]"),
    Row(name: "empty object", term: T.tuple(T.list()), json: "{}"),
    Row(name: "empty list", term: T.list(), json: "[]"),
    Row(name: "negative integer", term: T.int(-2_147_483_648), json: "-2147483648"),
  ]

  private static func pad(_ text: String) -> [UInt8] { Array(text.utf8) + [UInt8](repeating: 0, count: 31 - text.utf8.count) }

  @Test(arguments: rows)
  func `a term of any age becomes its JSON`(_ row: Row) throws {
    #expect(try json(row.term) == row.json)
  }

  @Test(arguments: [
    (1e-7, "1e-7", "1.0e-7", "1e-07"), (1e21, "1e+21", "1.0e21", "1e+21"), (1e16, "10000000000000000.0", "1.0e16", "1e+16"),
    (-0.0, "0.0", "0.0", "0.0"), (0.0001, "0.0001", "0.0001", "0.0001"), (10, "10.0", "10.0", "10.0"), (0.1, "0.1", "0.1", "0.1"),
    (0.00001, "0.00001", "1.0e-5", "1e-05"), (123456789.12345679, "123456789.12345679", "123456789.12345679", "123456789.12345679"),
    (Double.leastNonzeroMagnitude, "5e-324", "5.0e-324", "5e-324"), (1.5e-6, "0.0000015", "1.5e-6", "1.5e-06"),
    (-1.7976931348623157e308, "-1.7976931348623157e+308", "-1.7976931348623157e308", "-1.7976931348623157e+308"),
    (1e20, "100000000000000000000.0", "1.0e20", "1e+20"), (1e7, "10000000.0", "1.0e7", "10000000.0"),
  ])
  func `a float is written as CouchDB and as Python would`(_ value: Double, _ couch: String, _ short: String, _ canonical: String) throws {
    let term = [70] + T.be4(Int(value.bitPattern >> 32)) + T.be4(Int(value.bitPattern & 0xffff_ffff))

    #expect(try json(term) == couch)
    #expect(try json(term, .couchShort) == short)
    #expect(try json(term, .canonical) == canonical)
  }

  @Test
  func `canonical JSON sorts members by code point at every depth`() throws {
    let inner = T.tuple(T.list(T.tuple(T.binary("b"), T.int(1)), T.tuple(T.binary("a\u{B}"), T.binary("\u{B}é"))))
    let term = T.tuple(T.list(T.tuple(T.binary("z"), inner), T.tuple(T.binary("é"), T.int(2)), T.tuple(T.binary("B"), T.list(inner))))

    #expect(
      try json(term, .canonical)
        == #"{"B":[{"a\u000b":"\u000bé","b":1}],"z":{"a\u000b":"\u000bé","b":1},"é":2}"#)
    #expect(try json(term) == #"{"z":{"b":1,"a\u000B":"\u000Bé"},"é":2,"B":[{"b":1,"a\u000B":"\u000Bé"}]}"#)
  }

  @Test
  func `a hundred thousand levels are no danger to the stack`() throws {
    let depth = 100_000
    let term = [UInt8]((0..<depth).flatMap { _ in [108, 0, 0, 0, 1] as [UInt8] } + [106] + [UInt8](repeating: 106, count: depth))

    #expect(try json(term) == String(repeating: "[", count: depth + 1) + String(repeating: "]", count: depth + 1))
  }

  @Test(
    arguments: [
      [], [108, 255, 255, 255, 255], [105, 127, 255, 255, 255], [109, 0, 0, 0, 9, 1], [116, 255, 255, 255, 255], [103, 1], [70, 1],
      [111, 255, 255, 255, 255, 0],
      [104, 2, 97], [108, 0, 0, 0, 1, 97, 1, 97, 1], [99, 65] + [UInt8](repeating: 0, count: 30), [70, 127, 240, 0, 0, 0, 0, 0, 0],
      [104, 1, 97, 1],
    ] as [[UInt8]])
  func `a term cut off, improper or foreign is an error`(_ term: [UInt8]) {
    var cursor = TermCursor(term, term.indices)
    var writer = JSONWriter(.couch)

    #expect(throws: CouchFormatError.self) { try writer.term(&cursor) }
  }

  @Test(
    arguments: [
      [], [7], [1], [1, 255, 255, 255, 255, 15, 0], [131], [131, 80, 255, 255, 255, 255, 1, 2], [131, 80, 0, 0, 0, 4, 1, 2, 3, 4],
      [1, 4, 0, 7],
    ] as [[UInt8]])
  func `a compressed term that lies about its size is an error`(_ payload: [UInt8]) {
    #expect(throws: CouchFormatError.self) { try TermCompression.term(in: payload, payload.indices) }
  }
}
