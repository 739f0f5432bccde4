/// Lower-case hexadecimal, as restic and CouchDB write it.
package enum Hex {
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
      text.append(digit(byte >> 4))
      text.append(digit(byte & 15))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// - Parameter value: 0 to 15.
  static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }

  /// - Returns: `nil` for an odd number of digits or anything that is not a hexadecimal digit. Accepts upper case.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 2)
    for index in stride(from: 0, to: characters.count, by: 2) {
      guard let high = value(characters[index]), let low = value(characters[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// Sixteen digits at once: what ids are made of, of which an index has millions.
  ///
  /// - Returns: `nil` if one of them is none. Reads 16 bytes.
  static func word(_ digits: UnsafePointer<UInt8>) -> UInt64? {
    var word: UInt64 = 0
    var isStrange: UInt8 = 0
    for position in 0..<16 {
      let digit = digits[position]
      // '0' to '9' have the bits 0x30; letters, of either case, are 9 more than their low bits say.
      let isLetter = digit >> 6
      let value = (digit & 0x0F) &+ isLetter &* 9
      let low = digit | 0x20
      isStrange |= (digit &- 0x30 < 10) || (low &- 0x61 < 6) ? 0 : 1
      word = word << 4 | UInt64(value & 0x0F)
    }
    return isStrange == 0 ? word : nil
  }

  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
