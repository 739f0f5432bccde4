import Synchronization

/// How many bytes a second may go to or come from one location, all transfers together.
///
/// Transfers book each piece (of some tens of KiB) before it goes and wait as long as they are told, so that a narrow line is never
/// filled in bursts.
package final class Bandwidth: Sendable {
  private let nanosecondsPerByte: Double
  private let now: @Sendable () -> ContinuousClock.Instant
  /// When all that was booked will have gone.
  private let booked: Mutex<ContinuousClock.Instant>

  package init(bytesPerSecond: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
    precondition(bytesPerSecond > 0, "a limit of nothing lets nothing through")
    nanosecondsPerByte = 1e9 / Double(bytesPerSecond)
    self.now = now
    booked = Mutex(now())
  }

  /// Books a piece.
  ///
  /// - Returns: how long to wait before it may go.
  package func book(_ byteCount: Int) -> Duration {
    let time = Duration.nanoseconds(Int64(Double(byteCount) * nanosecondsPerByte))
    let now = now()
    return booked.withLock { booked in
      let start = max(booked, now)
      booked = start + time
      return now.duration(to: start)
    }
  }
}
