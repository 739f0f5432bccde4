import Primitives

/// Appends JSON in the field order the caller asks for, compact, as Go's encoding/json writes it.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  mutating func object(_ body: (inout JSONWriter) -> Void) { container("{", "}", body) }

  mutating func array<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void) {
    container("[", "]") { for element in elements { body(&$0, element) } }
  }

  mutating func field(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    key(name)
    body(&self)
  }

  mutating func field(_ name: StaticString, _ text: String) {
    key(name)
    value(text)
  }

  mutating func field(_ name: StaticString, _ id: ContentID) {
    key(name)
    value(id)
  }

  mutating func field(_ name: StaticString, _ time: Timestamp) {
    key(name)
    begin()
    bytes.append(UInt8(ascii: "\""))
    time.append(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func field(_ name: StaticString, _ number: some FixedWidthInteger) {
    key(name)
    begin()
    bytes.append(contentsOf: String(number).utf8)
  }

  mutating func field(_ name: StaticString, _ flag: Bool) {
    key(name)
    literal(flag ? "true" : "false")
  }

  mutating func value(_ text: String) {
    begin()
    JSONEscapes.appendQuoted(text.utf8, to: &bytes)
  }

  mutating func value(_ id: ContentID) {
    begin()
    bytes.append(UInt8(ascii: "\""))
    id.appendHex(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func literal(_ text: StaticString) {
    begin()
    text.withUTF8Buffer { bytes += $0 }
  }

  private mutating func key(_ name: StaticString) {
    begin()
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes += $0 }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  private mutating func begin() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func container(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
    begin()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }
}
