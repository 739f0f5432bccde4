/// Numbers as CouchDB and as Python write them in JSON.
enum JSONNumbers {
  static func append(_ number: TermNumber, to output: inout [UInt8], style: JSONWriter.Style) throws(CouchFormatError) {
    switch number {
    case .integer(let isNegative, let magnitude):
      if isNegative { output.append(UInt8(ascii: "-")) }
      appendInteger(magnitude, to: &output)
    case .float(let value):
      guard value.isFinite else { throw .term("a float that JSON cannot hold") }
      appendFloat(value == 0 ? 0.0 : value, to: &output, style: style)  // CouchDB answers -0.0 as 0.0
    }
  }

  private static func appendInteger(_ magnitude: ArraySlice<UInt8>, to output: inout [UInt8]) {
    if magnitude.count <= 8 {
      output.append(contentsOf: String(magnitude.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }).utf8)
      return
    }
    var limbs: [UInt32] = []  // least significant first
    for start in stride(from: magnitude.startIndex, to: magnitude.endIndex, by: 4) {
      limbs.append(magnitude[start..<min(start + 4, magnitude.endIndex)].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
    var digits: [UInt8] = []  // least significant first
    while !limbs.isEmpty {
      var rest: UInt64 = 0
      for index in limbs.indices.reversed() {
        let value = rest << 32 | UInt64(limbs[index])
        limbs[index] = UInt32(value / 1_000_000_000)
        rest = value % 1_000_000_000
      }
      while limbs.last == 0 { limbs.removeLast() }
      for _ in 0..<9 {
        digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
      }
    }
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    output.append(contentsOf: digits.reversed())
  }

  /// The shortest digits that read back the same; where the exponent begins is a matter of style.
  private static func appendFloat(_ value: Double, to output: inout [UInt8], style: JSONWriter.Style) {
    if value < 0 { output.append(UInt8(ascii: "-")) }
    let (digits, point) = shortest(value.magnitude)
    let exponent = point - 1
    if isPlain(digits, point, value, style) { return appendPlain(digits, point, to: &output) }
    output.append(digits[0])
    if digits.count > 1 {
      output.append(contentsOf: [UInt8(ascii: ".")] + digits.dropFirst())
    } else if style == .couchShort {
      output.append(contentsOf: ".0".utf8)
    }
    output.append(UInt8(ascii: "e"))
    if exponent < 0 { output.append(UInt8(ascii: "-")) } else if style != .couchShort { output.append(UInt8(ascii: "+")) }
    if style == .canonical, exponent.magnitude < 10 { output.append(UInt8(ascii: "0")) }
    output.append(contentsOf: String(exponent.magnitude).utf8)
  }

  /// Whether a float is written without an exponent.
  ///
  /// Erlang takes the shorter form, and no plain one from 2^53 on, where not every integer is a float any more.
  private static func isPlain(_ digits: [UInt8], _ point: Int, _ value: Double, _ style: JSONWriter.Style) -> Bool {
    switch style {
    case .couch: return (-6..<21).contains(point - 1)
    case .canonical: return (-4..<16).contains(point - 1)
    case .couchShort:
      if value.magnitude >= 9_007_199_254_740_992 { return false }
      if value == 0 || (0..<digits.count).contains(point) { return true }
      let cost = String(point - 1).utf8.count + 1 + (digits.count == 1 ? 2 : 1)
      return point < 0 ? 2 - point <= cost : point - digits.count + 2 <= cost
    }
  }

  private static func appendPlain(_ digits: [UInt8], _ point: Int, to output: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    if point <= 0 {
      output.append(contentsOf: [zero, UInt8(ascii: ".")] + [UInt8](repeating: zero, count: -point) + digits)
    } else if point >= digits.count {
      output.append(contentsOf: digits + [UInt8](repeating: zero, count: point - digits.count) + [UInt8(ascii: "."), zero])
    } else {
      output.append(contentsOf: digits[..<point] + [UInt8(ascii: ".")] + digits[point...])
    }
  }

  /// Digits without leading or trailing zeros, and how many of them stand before the decimal point.
  private static func shortest(_ value: Double) -> (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    let text = Array(value.description.utf8)  // the shortest digits, as "12.5", "1e-07" or "1.5e+300"
    for (index, character) in text.enumerated() {
      if character == UInt8(ascii: ".") {
        point = digits.count
      } else if character == UInt8(ascii: "e") {
        exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
        break
      } else {
        digits.append(character)
      }
    }
    var before = (point ?? digits.count) + exponent
    while digits.count > 1, digits.first == UInt8(ascii: "0") {
      digits.removeFirst()
      before -= 1
    }
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (digits, digits == [UInt8(ascii: "0")] ? 1 : before)
  }
}
