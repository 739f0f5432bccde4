/// A moment to the nanosecond, with the offset of the clock on the wall that showed it.
///
/// Text form: RFC 3339 as Go's `time.Time` writes it into JSON, trailing zeros of the fraction left out. Two moments are equal
/// when seconds and nanoseconds are; the offset is only for showing.
package struct Timestamp: Sendable {
  /// Since 1970-01-01T00:00:00Z, negative before.
  package let seconds: Int
  /// 0..<1_000_000_000
  package let nanoseconds: Int
  /// East of UTC.
  package let offsetSeconds: Int

  /// - Parameter nanoseconds: any amount; carried into `seconds`.
  package init(seconds: Int, nanoseconds: Int = 0, offsetSeconds: Int = 0) {
    let carry = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : -((999_999_999 - nanoseconds) / 1_000_000_000)
    self.seconds = seconds + carry
    self.nanoseconds = nanoseconds - carry * 1_000_000_000
    self.offsetSeconds = offsetSeconds
  }

  package func advanced(by duration: Duration) -> Timestamp {
    let (whole, atto) = duration.components
    return Timestamp(
      seconds: seconds + Int(whole), nanoseconds: nanoseconds + Int(atto / 1_000_000_000), offsetSeconds: offsetSeconds)
  }

  package func duration(to later: Timestamp) -> Duration {
    .seconds(later.seconds - seconds) + .nanoseconds(later.nanoseconds - nanoseconds)
  }
}

extension Timestamp: Comparable, Hashable {
  package static func == (left: Self, right: Self) -> Bool {
    left.seconds == right.seconds && left.nanoseconds == right.nanoseconds
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(seconds)
    hasher.combine(nanoseconds)
  }
}

// MARK: RFC 3339

extension Timestamp: CustomStringConvertible {
  /// Such as `2026-03-01T14:05:09.25+03:00`.
  package var description: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the text form: a tree has three of them for each file.
  func append(to text: inout [UInt8]) {
    let local = seconds + offsetSeconds
    let days = local >= 0 ? local / 86400 : -((86399 - local) / 86400)
    let second = local - days * 86400
    let (year, month, day) = Self.civil(days: days)
    Self.append(year, width: 4, to: &text)
    Self.append("-", month, to: &text)
    Self.append("-", day, to: &text)
    Self.append("T", second / 3600, to: &text)
    Self.append(":", second / 60 % 60, to: &text)
    Self.append(":", second % 60, to: &text)
    if nanoseconds > 0 {
      text.append(UInt8(ascii: "."))
      Self.append(nanoseconds, width: 9, to: &text)
      while text.last == UInt8(ascii: "0") { text.removeLast() }
    }
    guard offsetSeconds / 60 != 0 else { return text.append(UInt8(ascii: "Z")) }
    let minutes = abs(offsetSeconds) / 60
    Self.append(offsetSeconds < 0 ? "-" : "+", minutes / 60, to: &text)
    Self.append(":", minutes % 60, to: &text)
  }

  /// - Returns: `nil` unless `text` is a whole RFC 3339 time with seconds and an offset.
  package init?(_ text: some StringProtocol) {
    self.init(utf8: Array(text.utf8)[...])
  }

  package init?(utf8 text: some RandomAccessCollection<UInt8>) {
    var scanner = Scanner(text: text)
    guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
      let day = scanner.number(2), scanner.skip("T") || scanner.skip("t"), let hour = scanner.number(2), scanner.skip(":"),
      let minute = scanner.number(2), scanner.skip(":"), let second = scanner.number(2),
      (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60, second < 61,
      let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd
    else { return nil }
    let clock = hour * 3600 + minute * 60 + second
    self.init(
      seconds: Self.days(year: year, month: month, day: day) * 86400 + clock - offset, nanoseconds: fraction, offsetSeconds: offset)
  }

  private struct Scanner<Text: RandomAccessCollection<UInt8>> {
    private let text: Text
    private var position: Text.Index

    init(text: Text) {
      self.text = text
      position = text.startIndex
    }

    var isAtEnd: Bool { position == text.endIndex }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard position < text.endIndex, text[position] == UInt8(ascii: character) else { return false }
      position = text.index(after: position)
      return true
    }

    mutating func digit() -> Int? {
      guard position < text.endIndex, case let digit = text[position] &- 0x30, digit < 10 else { return nil }
      position = text.index(after: position)
      return Int(digit)
    }

    mutating func number(_ digits: Int) -> Int? {
      var value = 0
      for _ in 0..<digits {
        guard let digit = digit() else { return nil }
        value = value * 10 + digit
      }
      return value
    }

    /// Nanoseconds; 0 when there is no fraction. Digits past the ninth are dropped.
    mutating func fraction() -> Int? {
      guard skip(".") else { return 0 }
      var value = 0
      var digits = 0
      while let digit = digit() {
        if digits < 9 { value = value * 10 + digit }
        digits += 1
      }
      guard digits > 0 else { return nil }
      for _ in min(digits, 9)..<9 { value *= 10 }
      return value
    }

    mutating func offset() -> Int? {
      if skip("Z") || skip("z") { return 0 }
      let west = skip("-")
      guard west || skip("+"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
      else { return nil }
      return (west ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
  }

  /// Two digits.
  private static func append(_ separator: Unicode.Scalar, _ number: Int, to text: inout [UInt8]) {
    text.append(UInt8(ascii: separator))
    append(number, width: 2, to: &text)
  }

  /// - Parameter width: digits at least; zeros come first.
  private static func append(_ number: Int, width: Int, to text: inout [UInt8]) {
    var limit = 10
    for _ in 1..<width { limit *= 10 }
    guard (0..<limit).contains(number) else {
      let digits = String(number)
      return text.append(contentsOf: (String(repeating: "0", count: max(0, width - digits.count)) + digits).utf8)
    }
    while limit > 1 {
      limit /= 10
      text.append(UInt8(ascii: "0") + UInt8(number / limit % 10))
    }
  }

  // Proleptic Gregorian calendar by eras of 400 years, years counted from March: Howard Hinnant, "chrono-compatible
  // low-level date algorithms".

  static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
