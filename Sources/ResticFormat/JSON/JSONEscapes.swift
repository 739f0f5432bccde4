import Primitives

/// The escapes inside JSON strings.
enum JSONEscapes {
  /// - Returns: `nil` for an escape JSON does not know. Lone surrogates become U+FFFD, as in Go.
  static func unescape(_ raw: UnsafeBufferPointer<UInt8>) -> String? {
    var text: [UInt8] = []
    text.reserveCapacity(raw.count)
    var index = 0
    while index < raw.count {
      guard raw[index] == UInt8(ascii: "\\") else {
        text.append(raw[index])
        index += 1
        continue
      }
      guard index + 1 < raw.count else { return nil }
      if raw[index + 1] == UInt8(ascii: "u") {
        guard let scalar = scalar(raw, &index) else { return nil }
        text += Array(String(Character(scalar)).utf8)
      } else {
        guard let byte = simple(raw[index + 1]) else { return nil }
        text.append(byte)
        index += 2
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends `text` in quotes, escaped as Go's encoding/json does, `<`, `>` and `&` included, so that what stock restic
  /// wrote comes out byte for byte when written again.
  static func appendQuoted(_ text: some Collection<UInt8>, to json: inout [UInt8]) {
    json.append(UInt8(ascii: "\""))
    defer { json.append(UInt8(ascii: "\"")) }
    if text.allSatisfy(isPlain) { return json.append(contentsOf: text) }
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
      case 0x0A: json += Array("\\n".utf8)
      case 0x0D: json += Array("\\r".utf8)
      case 0x09: json += Array("\\t".utf8)
      case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
        json += Array("\\u00\(Hex.encode([byte]))".utf8)
      default: json.append(byte)
      }
    }
  }

  /// Whether a byte stands for itself.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): false
    default: true
    }
  }

  private static func simple(_ escape: UInt8) -> UInt8? {
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): escape
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  private static func scalar(_ raw: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Unicode.Scalar? {
    guard let high = unit(raw, at: index) else { return nil }
    index += 6
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, let low = unit(raw, at: index), (0xDC00...0xDFFF).contains(low) else { return "\u{FFFD}" }
    index += 6
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
  }

  /// The four digits of `\uXXXX` at `index`.
  private static func unit(_ raw: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt32? {
    guard index + 6 <= raw.count, raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u") else { return nil }
    var value: UInt32 = 0
    for digit in raw[index + 2..<index + 6] {
      guard let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(number)
    }
    return value
  }
}
