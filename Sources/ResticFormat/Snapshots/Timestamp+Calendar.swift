/// Days, weeks and months as the clock on the wall counted them where a moment was noted.
extension Timestamp {
  /// Year, month, day and hour in one number each, as wide as asked.
  package enum Period: Sendable, CaseIterable {
    case hour, day, week, month, year
  }

  /// A number that two moments share if they lie in the same period, each by its own wall clock. Weeks are those of ISO 8601.
  package func number(of period: Period) -> Int {
    let local = seconds + offsetSeconds
    let day = local >= 0 ? local / 86400 : -((86399 - local) / 86400)
    let (year, month, dayOfMonth) = Self.civil(days: day)
    switch period {
    case .hour: return ((year * 100 + month) * 100 + dayOfMonth) * 100 + (local - day * 86400) / 3600
    case .day: return (year * 100 + month) * 100 + dayOfMonth
    case .week:
      // A week belongs to the year of its Thursday; 1970-01-01 was one.
      let thursday = day - (((day + 3) % 7) + 7) % 7 + 3
      let year = Self.civil(days: thursday).year
      return year * 100 + (thursday - Self.days(year: year, month: 1, day: 1)) / 7 + 1
    case .month: return year * 100 + month
    case .year: return year
    }
  }

  /// The moment so much earlier by the calendar. A day that a month does not have is the one as many days later: a month before
  /// 31 March is 3 March, as Go's `AddDate` has it.
  package func earlier(years: Int = 0, months: Int = 0, days: Int = 0, hours: Int = 0) -> Timestamp {
    let local = seconds + offsetSeconds
    let day = local >= 0 ? local / 86400 : -((86399 - local) / 86400)
    let (year, month, dayOfMonth) = Self.civil(days: day)
    let count = (year - years) * 12 + month - 1 - months
    let newYear = count >= 0 ? count / 12 : -((11 - count) / 12)
    let newDay = Self.days(year: newYear, month: count - newYear * 12 + 1, day: 1) + dayOfMonth - 1 - days
    return Timestamp(
      seconds: newDay * 86400 + (local - day * 86400) - hours * 3600 - offsetSeconds, nanoseconds: nanoseconds,
      offsetSeconds: offsetSeconds)
  }
}
