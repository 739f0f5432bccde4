import Yams

/// Amounts with units, as people write them.
extension Section {
  /// `yes` or `no`.
  func flag(_ key: String) throws -> Bool? {
    switch try textIfPresent(key)?.lowercased() {
    case nil: nil
    case "yes", "true", "on": true
    case "no", "false", "off": false
    case let other?: throw error("'\(key)' is '\(other)'; it can be 'yes' or 'no'", at: key)
    }
  }

  /// - Returns: seconds, at least one.
  func duration(_ key: String) throws -> Int? {
    let units = ["second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400]
    return try amount(key, like: "7 days") { unit in units[unit.hasSuffix("s") ? String(unit.dropLast()) : unit] }
  }

  /// - Returns: bytes a second.
  func rate(_ key: String) throws -> Int? {
    let units = ["B/s": 1, "kB/s": 1000, "MB/s": 1_000_000, "KiB/s": 1 << 10, "MiB/s": 1 << 20, "kbit/s": 125, "Mbit/s": 125_000]
    return try amount(key, like: "2 MB/s") { units[$0] }
  }

  private func amount(_ key: String, like example: String, _ unit: (String) -> Int?) throws -> Int? {
    guard let text = try textIfPresent(key) else { return nil }
    let number = text.prefix { $0.isASCII && $0.isNumber }
    let name = text.dropFirst(number.count).drop { $0 == " " }
    guard let count = Int(number), count > 0, let factor = unit(String(name)),
      case (let value, let isTooMuch) = count.multipliedReportingOverflow(by: factor),
      !isTooMuch
    else { throw error("'\(key)' is '\(text)'; it is written like '\(example)'", at: key) }
    return value
  }
}
