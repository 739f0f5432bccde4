/// How long a store that does not answer is tried again.
package struct Patience: Sendable {
  /// Fewer tries would leave an upload that takes longer than `total` with a single one.
  static let leastTries = 3

  /// From the end of a call's first try to the begin of its last. A call whose tries take long has three of them all the same.
  package var total: Duration
  /// Before the second try. Doubled before each further one, and spread by a quarter to both sides, so that many calls do not come at once.
  package var firstPause: Duration
  package var longestPause: Duration
  /// How long later calls fail at once when a store did not answer for `total`.
  package var rest: Duration

  package init(
    total: Duration = .seconds(120), firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(30),
    rest: Duration = .seconds(60)
  ) {
    self.total = total
    self.firstPause = firstPause
    self.longestPause = longestPause
    self.rest = rest
  }
}

/// The tries of one call.
struct Tries {
  private let patience: Patience
  private var nextPause: Duration
  /// Tries that failed.
  private(set) var failed = 0
  /// When the first of them had failed.
  private(set) var since: ContinuousClock.Instant?

  init(_ patience: Patience) {
    self.patience = patience
    nextPause = patience.firstPause
  }

  /// One more try has failed.
  ///
  /// - Parameter chance: from 0 to 1.
  /// - Returns: how long to wait before the next; `nil` when patience is at its end.
  mutating func fail(at now: ContinuousClock.Instant, chance: Double) -> Duration? {
    let since = since ?? now
    self.since = since
    failed += 1
    let spread = nextPause * (0.75 + min(max(chance, 0), 1) / 2)
    nextPause = min(nextPause * 2, patience.longestPause)
    let left = patience.total - since.duration(to: now)
    if left > .zero { return min(spread, left) }
    return failed < Patience.leastTries ? spread : nil
  }
}
