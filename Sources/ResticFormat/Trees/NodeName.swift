/// Names in trees: raw bytes, written as Go's `strconv.Quote` writes them, without the quotes.
///
/// What is not printable or not UTF-8 becomes an escape, so that any name of a Unix file survives JSON.
/// Source: restic `internal/data/node.go`, `MarshalJSON`, `UnmarshalJSON`; Go `strconv/quote.go`.
package enum NodeName {
  package static func quote(_ name: [UInt8]) -> String {
    if name.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      return String(decoding: name, as: UTF8.self)
    }
    var text = ""
    var rest = name[...]
    while let byte = rest.first {
      guard let (scalar, length) = firstScalar(of: rest) else {
        text += "\\x" + hex(UInt32(byte), digits: 2)
        rest = rest.dropFirst()
        continue
      }
      text += escape(scalar)
      rest = rest.dropFirst(length)
    }
    return text
  }

  /// - Returns: `nil` for what `strconv.Unquote` refuses.
  package static func unquote(_ text: String) -> [UInt8]? {
    let text = Array(text.utf8)
    guard text.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 0x0A }) else { return text }
    var name: [UInt8] = []
    var index = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      guard byte == UInt8(ascii: "\\") else {
        if byte == UInt8(ascii: "\"") || byte == 0x0A { return nil }
        name.append(byte)
        continue
      }
      guard index < text.count else { return nil }
      let escape = text[index]
      index += 1
      if let byte = simple[escape] {
        name.append(byte)
      } else if (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(escape) {
        index -= 1
        guard let value = number(text, &index, digits: 3, radix: 8), value < 256 else { return nil }
        name.append(UInt8(value))
      } else if escape == UInt8(ascii: "x") {
        guard let value = number(text, &index, digits: 2, radix: 16) else { return nil }
        name.append(UInt8(value))
      } else if escape == UInt8(ascii: "u") || escape == UInt8(ascii: "U") {
        guard let value = number(text, &index, digits: escape == UInt8(ascii: "u") ? 4 : 8, radix: 16),
          let scalar = Unicode.Scalar(value)
        else { return nil }
        name += Array(String(Character(scalar)).utf8)
      } else {
        return nil
      }
    }
    return name
  }

  private static let simple: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
    UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "\""): 0x22,
  ]

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"", "\\": return "\\" + String(scalar)
    case "\u{07}": return "\\a"
    case "\u{08}": return "\\b"
    case "\u{0C}": return "\\f"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\u{0B}": return "\\v"
    default: break
    }
    if isPrintable(scalar) { return String(scalar) }
    if scalar.value < 0x20 || scalar.value == 0x7F { return "\\x" + hex(scalar.value, digits: 2) }
    return scalar.value < 0x10000 ? "\\u" + hex(scalar.value, digits: 4) : "\\U" + hex(scalar.value, digits: 8)
  }

  /// Go's `IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space. Where Go's Unicode tables are older,
  /// a name is spelled differently but reads the same.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  /// The well-formed UTF-8 sequence `bytes` start with, and how long it is; `nil` if they start with none.
  private static func firstScalar(of bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, String(scalar).utf8.count)
  }

  private static func number(_ text: [UInt8], _ index: inout Int, digits: Int, radix: UInt32) -> UInt32? {
    guard index + digits <= text.count else { return nil }
    var value: UInt32 = 0
    for digit in text[index..<index + digits] {
      guard let number = Character(Unicode.Scalar(digit)).hexDigitValue, number < radix else { return nil }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: radix)
      guard !overflow else { return nil }
      value = shifted + UInt32(number)
    }
    index += digits
    return value
  }

  private static func hex(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
