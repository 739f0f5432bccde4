/// A length of time by the calendar: months and years are as long as they are just then.
package struct CalendarSpan: Sendable, Hashable {
  package var years = 0
  package var months = 0
  package var days = 0
  package var hours = 0

  package init(years: Int = 0, months: Int = 0, days: Int = 0, hours: Int = 0) {
    self.years = years
    self.months = months
    self.days = days
    self.hours = hours
  }

  /// Longest number of digits read: more is a mistake, and would overflow.
  private static let mostDigits = 5

  /// - Parameter text: such as `2 days`, `36 hours`, `1 year 6 months`, or restic's `1y6m2d12h`; `w` is a week, `m` a month.
  /// - Returns: `nil` for anything else, and for no time at all.
  package init?(_ text: String) {
    self.init()
    var rest = Array(text.lowercased().utf8)[...]
    func skip(_ isWanted: (UInt8) -> Bool) -> String {
      let part = rest.prefix(while: isWanted)
      rest = rest.dropFirst(part.count)
      return String(decoding: part, as: UTF8.self)
    }
    while !rest.isEmpty {
      let digits = skip { (0x30...0x39).contains($0) }
      _ = skip { $0 == 0x20 }
      let unit = skip { (0x61...0x7A).contains($0) }
      _ = skip { $0 == 0x20 }
      guard digits.utf8.count <= Self.mostDigits, let count = Int(digits) else { return nil }
      switch unit {
      case "y", "year", "years": years += count
      case "m", "month", "months": months += count
      case "w", "week", "weeks": days += 7 * count
      case "d", "day", "days": days += count
      case "h", "hour", "hours": hours += count
      default: return nil
      }
    }
    guard self != Self() else { return nil }
  }
}

extension CalendarSpan: CustomStringConvertible {
  package var description: String {
    [(years, "year"), (months, "month"), (days, "day"), (hours, "hour")].filter { $0.0 != 0 }
      .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: " ")
  }
}
