/// Writes JSON, either byte for byte as CouchDB answers or in the canonical form that hashes are taken of.
///
/// Canonical: members sorted by code point, floats as Python's `repr`, control characters in lower-case hex. Both: no white space,
/// other characters as they are.
package struct JSONWriter {
  package enum Style: Sendable {
    /// As jiffy writes it: members in stored order, `1e-7`, `\u000B`.
    case couch
    /// The same with floats as Erlang writes them, `1.0e-7`, `1.0e7`: seen from CouchDB 3.5.2 on Erlang 27.
    case couchShort
    /// Python's `json.dumps(o, sort_keys=True, ensure_ascii=False, separators=(',', ':'))`.
    case canonical
  }

  package let style: Style
  package private(set) var output: [UInt8] = []
  private var open: [Level] = []

  package init(_ style: Style) { self.style = style }

  /// An object or array being written.
  private struct Level {
    let isObject: Bool
    let start: Int
    var count = 0
    /// Canonical objects only: each member's name, and where its text lies.
    var members: [Member] = []
  }

  private struct Member {
    let name: [UInt8]
    let start: Int
    var end: Int
  }

  package mutating func removeAll() {
    output.removeAll(keepingCapacity: true)
    open.removeAll()
  }

  package mutating func beginObject() { begin(isObject: true, UInt8(ascii: "{")) }
  package mutating func beginArray() { begin(isObject: false, UInt8(ascii: "[")) }

  package mutating func endArray() {
    open.removeLast()
    output.append(UInt8(ascii: "]"))
  }

  package mutating func endObject() {
    let level = open.removeLast()
    if style == .canonical { sort(level) }
    output.append(UInt8(ascii: "}"))
  }

  /// The name of the next member.
  package mutating func name(_ bytes: ArraySlice<UInt8>) {
    comma()
    if style == .canonical { open[open.count - 1].members.append(Member(name: Array(bytes), start: output.count, end: output.count)) }
    quote(bytes)
    output.append(UInt8(ascii: ":"))
  }

  package mutating func name(_ text: StaticString) {
    name(Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))[...])
  }

  package mutating func string(_ bytes: ArraySlice<UInt8>) {
    element()
    quote(bytes)
  }

  package mutating func string(_ text: String) { string(Array(text.utf8)[...]) }

  package mutating func integer(_ value: Int) {
    element()
    output.append(contentsOf: String(value).utf8)
  }

  mutating func number(_ number: TermNumber) throws(CouchFormatError) {
    element()
    try JSONNumbers.append(number, to: &output, style: style)
  }

  package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

  mutating func literal(_ text: StaticString) {
    element()
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func begin(isObject: Bool, _ bracket: UInt8) {
    element()
    output.append(bracket)
    open.append(Level(isObject: isObject, start: output.count))
  }

  /// A comma before every element of an array but the first; a member's value has none.
  private mutating func element() {
    if let level = open.last, !level.isObject { comma() }
  }

  private mutating func comma() {
    guard let top = open.indices.last else { return }
    if open[top].count > 0 {
      if let last = open[top].members.indices.last { open[top].members[last].end = output.count }
      output.append(UInt8(ascii: ","))
    }
    open[top].count += 1
  }

  /// Puts a finished object's members in order.
  private mutating func sort(_ level: Level) {
    guard level.members.count > 1 else { return }
    var members = level.members
    members[members.count - 1].end = output.count
    let sorted = members.sorted { TermOrder.compareBytes($0.name[...], $1.name[...]) < 0 }
    var text: [UInt8] = []
    text.reserveCapacity(output.count - level.start)
    for member in sorted {
      if !text.isEmpty { text.append(UInt8(ascii: ",")) }
      text.append(contentsOf: output[member.start..<member.end])
    }
    output.replaceSubrange(level.start..., with: text)
  }

  private mutating func quote(_ bytes: ArraySlice<UInt8>) {
    output.append(UInt8(ascii: "\""))
    bytes.withUnsafeBytes { bytes in
      var start = 0
      for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        output.append(contentsOf: bytes[start..<index])
        escape(byte)
        start = index + 1
      }
      output.append(contentsOf: bytes[start...])
    }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case 8: output.append(UInt8(ascii: "b"))
    case 9: output.append(UInt8(ascii: "t"))
    case 10: output.append(UInt8(ascii: "n"))
    case 12: output.append(UInt8(ascii: "f"))
    case 13: output.append(UInt8(ascii: "r"))
    case 0..<0x20:
      let digits = style == .canonical ? "0123456789abcdef".utf8 : "0123456789ABCDEF".utf8
      output.append(contentsOf: byte < 16 ? "u000".utf8 : "u001".utf8)
      output.append(digits[digits.index(digits.startIndex, offsetBy: Int(byte & 15))])
    default: output.append(byte)
    }
  }
}
