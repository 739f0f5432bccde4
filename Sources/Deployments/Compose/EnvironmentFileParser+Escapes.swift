extension EnvironmentFileParser {
  /// The escapes of double quotes. `\$` becomes `$$`, which interpolation turns into `$`. Others than these stay, with their backslash.
  ///
  /// `\0` takes up to three digits. Only three octal digits up to 0377 are a character (U+0000 to U+00FF, not a byte); any others lose their
  /// zero and stay, as in Compose: `\012` becomes `\12`.
  static func unescaped(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else {
        result.append(text[index])
        index += 1
        continue
      }
      let letter = text[index + 1]
      if letter == UInt8(ascii: "0") {
        let digits = text[(index + 2)...].prefix(3).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        result += octal(digits) ?? [UInt8(ascii: "\\")] + digits
        index += 2 + digits.count
      } else if let replacement = replacement(letter) {
        result += replacement
        index += 2
      } else {
        result += [text[index], letter]
        index += 2
      }
    }
    return result
  }

  private static func replacement(_ letter: UInt8) -> [UInt8]? {
    switch letter {
    case UInt8(ascii: "a"): [0x07]
    case UInt8(ascii: "b"): [0x08]
    case UInt8(ascii: "f"): [0x0C]
    case UInt8(ascii: "n"): [0x0A]
    case UInt8(ascii: "r"): [0x0D]
    case UInt8(ascii: "t"): [0x09]
    case UInt8(ascii: "v"): [0x0B]
    case UInt8(ascii: "$"): Array("$$".utf8)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): [letter]
    default: nil
    }
  }

  private static func octal(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.count == 3, digits.allSatisfy({ $0 <= UInt8(ascii: "7") }) else { return nil }
    let number = digits.reduce(0) { $0 * 8 + UInt32($1 - UInt8(ascii: "0")) }
    guard number <= 0xFF, let scalar = Unicode.Scalar(number) else { return nil }
    return Array(String(Character(scalar)).utf8)
  }
}
