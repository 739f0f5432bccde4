import Files

/// A moment as people and machines read it.
enum UTCText {
  /// ISO 8601 in UTC, `2026-03-01T00:00:00Z`.
  static func of(_ time: FileTime) -> String {
    let (days, second) = floor(time.seconds, 86400)
    let (year, month, day) = date(days)
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
      + "T\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))Z"
  }

  /// - Parameter days: since 1970-01-01.
  ///
  /// Years are counted from March on, so that leap days come last. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
  private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, ofEra) = floor(days + 719_468, 146_097)
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
    let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
  }

  private static func floor(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}
