import ResticFormat

/// How many snapshots stay, by the rules of restic's `forget`: the newest of each period counts, periods are those of the snapshot's own wall
/// clock, and as long as a count is not used up the oldest stays too (restic from 0.17 on).
///
/// Source: restic `internal/restic/snapshot_policy.go`, `ApplyPolicy`.
package struct RetentionPolicy: Sendable, Hashable {
  package enum Period: String, Sendable, CaseIterable {
    case hourly, daily, weekly, monthly, yearly
  }

  /// A count that is never used up.
  package static let all = Int.max

  package var last = 0
  package var within: CalendarSpan?
  /// How many of each; left out: none.
  package var periods: [Period: Int] = [:]

  package init(last: Int = 0, within: CalendarSpan? = nil, _ periods: [Period: Int] = [:]) {
    self.last = last
    self.within = within
    self.periods = periods
  }

  /// Whether it says nothing: then everything stays.
  package var isEmpty: Bool { last == 0 && within == nil && periods.values.allSatisfy { $0 == 0 } }
}

extension RetentionPolicy: CustomStringConvertible {
  package var description: String {
    let counts = [("last", last)] + Period.allCases.map { ($0.rawValue, periods[$0] ?? 0) }
    let rules = counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1 == Self.all ? "all" : String($0.1))" }
    return (rules + (within.map { ["within \($0)"] } ?? [])).joined(separator: ", ")
  }
}

extension RetentionPolicy {
  /// A snapshot as the rules see it.
  struct Candidate {
    let time: Timestamp
    let isMarked: Bool
  }

  /// Why each stays; an empty list: it goes.
  ///
  /// Those that are not marked are judged as if there were no others, so that marked ones, however many come, push none of them out. Of
  /// the marked ones those stay that the rules would choose among all, in periods without an unmarked one.
  /// - Parameter candidates: newest first, of one group.
  func reasons(for candidates: [Candidate], now: Timestamp) -> [[KeepReason]] {
    guard !isEmpty else { return candidates.map { _ in [.noPolicy] } }
    var reasons = candidates.map { _ in [KeepReason]() }
    let sound = candidates.indices.filter { !candidates[$0].isMarked }
    for (position, kept) in keptAlone(sound.map { candidates[$0].time }, now: now) { reasons[sound[position]].append(kept) }
    for (position, kept) in keptMarked(candidates, now: now) { reasons[position].append(kept) }
    return reasons
  }

  private var rules: [(period: Period?, count: Int)] {
    ([(nil, last)] + Period.allCases.map { ($0, periods[$0] ?? 0) }).filter { $0.1 > 0 }
  }

  /// restic's own rules.
  private func keptAlone(_ times: [Timestamp], now: Timestamp) -> [(Int, KeepReason)] {
    var kept = keptWithin(times, now: now)
    for (period, count) in rules {
      var left = count
      for run in runs(of: times, period) where left > 0 {
        kept.append((run.lowerBound, period.map { .periodic($0) } ?? .last))
        left -= 1
        guard let period, run.upperBound == times.count, run.count > 1, left > 0 else { continue }
        kept.append((times.count - 1, .oldest(period)))
      }
    }
    return kept
  }

  private func keptMarked(_ candidates: [Candidate], now: Timestamp) -> [(Int, KeepReason)] {
    let times = candidates.map(\.time)
    var kept = keptWithin(times, now: now).filter { candidates[$0.0].isMarked }
    for (period, count) in rules {
      for run in runs(of: times, period).prefix(count) where run.allSatisfy({ candidates[$0].isMarked }) {
        kept.append((run.lowerBound, period.map { .periodic($0) } ?? .last))
      }
    }
    return kept
  }

  private func keptWithin(_ times: [Timestamp], now: Timestamp) -> [(Int, KeepReason)] {
    guard let within else { return [] }
    // Without a sound newest one, as if the time reached back for ever.
    let start = times.first { $0 < now }?
      .earlier(years: within.years, months: within.months, days: within.days, hours: within.hours)
    return times.indices.compactMap { index in
      if let start, times[index] <= start { return nil }
      return (index, .within(within))
    }
  }

  /// Neighbours in one period. Wall clocks of several zones can bring a period back; it then counts again, as with restic.
  private func runs(of times: [Timestamp], _ period: Period?) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in times.indices {
      if let period, let last = runs.last,
        times[last.lowerBound].number(of: period.calendar) == times[index].number(of: period.calendar)
      {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }
}

extension RetentionPolicy.Period {
  fileprivate var calendar: Timestamp.Period {
    switch self {
    case .hourly: .hour
    case .daily: .day
    case .weekly: .week
    case .monthly: .month
    case .yearly: .year
    }
  }
}
