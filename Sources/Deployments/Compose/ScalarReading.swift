/// Reading UTF-8 that may be damaged, with the character classes Compose's own language has.
enum ScalarReading {
  /// The scalar that begins at an offset, nil for a byte that begins none, and how many bytes it has.
  static func next(_ bytes: [UInt8], _ offset: Int) -> (scalar: Unicode.Scalar?, width: Int) {
    if bytes[offset] < 0x80 { return (Unicode.Scalar(bytes[offset]), 1) }
    var iterator = bytes[offset...].prefix(4).makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return (nil, 1) }
    return (scalar, UTF8.width(scalar))
  }

  /// White space that does not end a line.
  static func isInlineSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\t", "\u{B}", "\u{C}", "\r", " ", "\u{85}", "\u{A0}": true
    default: false
    }
  }

  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || isInlineSpace(scalar) || (scalar.value > 0xFF && scalar.properties.isWhitespace)
  }

  /// What a variable's name is made of: letters and numbers of any script, and five signs.
  static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-", "[", "]": return true
    default: break
    }
    guard scalar.value > 0x7F else { return false }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber, .otherNumber:
      return true
    default: return false
    }
  }

  static func trimmedAtEnd(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text
    while let width = lastSpaceWidth(text) { text = text.dropLast(width) }
    return text
  }

  private static func lastSpaceWidth(_ text: ArraySlice<UInt8>) -> Int? {
    for width in 1...3 where width <= text.count {
      let tail = Array(text.suffix(width))
      let (scalar, length) = next(tail, 0)
      if let scalar, length == width, isSpace(scalar) { return width }
    }
    return nil
  }
}
