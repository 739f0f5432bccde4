/// Points in time as S3 reads and writes them; here they are seconds since 1970, UTC.
package enum S3Time {
  private static let secondsPerDay = 86_400
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// `20130524T000000Z`.
  package static func stamp(_ seconds: Int) -> String {
    let day = Int((Double(seconds) / Double(secondsPerDay)).rounded(.down))
    let rest = seconds - day * secondsPerDay
    let (year, month, dayOfMonth) = civil(day)
    return padded(year, 4) + padded(month) + padded(dayOfMonth) + "T" + padded(rest / 3600) + padded(rest / 60 % 60) + padded(rest % 60)
      + "Z"
  }

  /// Of `2026-11-23T08:32:10.334Z`; fractions are dropped.
  package static func seconds(iso text: String) -> Int? {
    guard let match = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z/) else { return nil }
    let (_, year, month, day, hour, minute, second) = match.output
    return seconds(year, Int(month), day, hour, minute, second)
  }

  /// Of `Mon, 23 Nov 2026 08:28:32 GMT`.
  package static func seconds(http text: String) -> Int? {
    guard let match = text.wholeMatch(of: /\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT/) else { return nil }
    let (_, day, month, year, hour, minute, second) = match.output
    return seconds(year, months.firstIndex(of: String(month)).map { $0 + 1 }, day, hour, minute, second)
  }

  private static func seconds(
    _ year: Substring, _ month: Int?, _ day: Substring, _ hour: Substring, _ minute: Substring, _ second: Substring
  ) -> Int? {
    guard let year = Int(year), let month, let day = Int(day), let hour = Int(hour), let minute = Int(minute), let second = Int(second),
      (1...12).contains(month)
    else { return nil }
    return days(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + second
  }

  private static func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  // Years begin in March, so that a leap day is a year's last; 719 468 days lie between 0000-03-01 and 1970-01-01, 146 097 in 400 years.

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }

  private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
    let day = day + 719_468
    let era = day / 146_097
    let dayOfEra = day % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = (shifted + 2) % 12 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}
