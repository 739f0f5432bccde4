import Repositories

/// What a location keeps: `keep: {last: 3, within: 2 days, daily: 14, weekly: 8, monthly: 24, yearly: 10}`.
extension RetentionPolicy {
  static let keys = ["last", "within"] + Period.allCases.map(\.rawValue)

  /// - Parameter section: any of `keys`, at least one. Counts are numbers from 1 on, or `all`.
  init(_ section: Section) throws {
    self.init()
    last = try Self.count("last", in: section) ?? 0
    for period in Period.allCases { periods[period] = try Self.count(period.rawValue, in: section) }
    if let text = try section.textIfPresent("within") {
      guard let span = CalendarSpan(text) else {
        throw section.error("'within' is '\(text)'; it can be such as '2 days', '36 hours' or '1 year 6 months'", at: "within")
      }
      within = span
    }
    guard !isEmpty else {
      throw section.error("'keep' says nothing", hints: ["such as 'keep: {last: 3, daily: 14, monthly: 24}'; left out, everything is kept"])
    }
  }

  /// - Returns: `nil` for what is no count.
  static func count(_ text: String) -> Int? {
    if text == "all" { return all }
    return Int(text).flatMap { $0 >= 1 ? $0 : nil }
  }

  private static func count(_ key: String, in section: Section) throws -> Int? {
    guard let text = try section.textIfPresent(key) else { return nil }
    guard let count = count(text) else { throw section.error("'\(key)' is '\(text)'; it can be a number from 1 on, or 'all'", at: key) }
    return count
  }
}
