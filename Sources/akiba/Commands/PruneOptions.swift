import ArgumentParser
import Repositories

/// A policy on the command line; it takes the place of the configuration's.
struct KeepOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Keep the n newest snapshots (here and below: a number, or 'all').", valueName: "n"))
  var keepLast: KeepCount?

  @Option(
    help: ArgumentHelp("Keep all taken within this time before the newest, such as '2 days' or '1 year 6 months'.", valueName: "time"))
  var keepWithin: CalendarSpan?

  @Option(help: ArgumentHelp("Keep the newest of each of the last n hours that have one.", valueName: "n"))
  var keepHourly: KeepCount?

  @Option(help: ArgumentHelp("The same for days.", valueName: "n"))
  var keepDaily: KeepCount?

  @Option(help: ArgumentHelp("The same for weeks.", valueName: "n"))
  var keepWeekly: KeepCount?

  @Option(help: ArgumentHelp("The same for months.", valueName: "n"))
  var keepMonthly: KeepCount?

  @Option(help: ArgumentHelp("The same for years.", valueName: "n"))
  var keepYearly: KeepCount?

  /// `nil` if none of them is given.
  var policy: RetentionPolicy? {
    let periods: [RetentionPolicy.Period: KeepCount?] = [
      .hourly: keepHourly, .daily: keepDaily, .weekly: keepWeekly, .monthly: keepMonthly, .yearly: keepYearly,
    ]
    let policy = RetentionPolicy(last: keepLast?.number ?? 0, within: keepWithin, periods.compactMapValues { $0?.number })
    return policy.isEmpty ? nil : policy
  }
}

struct KeepCount: ExpressibleByArgument {
  let number: Int

  init?(argument: String) {
    guard let number = RetentionPolicy.count(argument) else { return nil }
    self.number = number
  }
}

extension CalendarSpan: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// An amount such as `500 MB`, `2G` or `64 MiB`.
struct ByteAmount: ExpressibleByArgument {
  let bytes: Int

  private static let factors = [
    "": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1_000_000, "mb": 1_000_000, "g": 1_000_000_000, "gb": 1_000_000_000, "t": 1_000_000_000_000,
    "tb": 1_000_000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
  ]

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit = argument.dropFirst(digits.count).trimmingPrefix(" ").lowercased()
    guard let number = Int(digits), let factor = Self.factors[unit] else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    self.bytes = bytes
  }
}
