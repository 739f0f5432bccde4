import Stores

/// One direction of one transfer over a line that has a limit: each piece is booked before it goes, and the transfer pauses until its turn.
struct HTTPPace {
  /// In bytes: larger pieces would fill a narrow line in bursts.
  static let piece = 64 << 10

  private let bandwidth: Bandwidth?
  /// Bytes that were booked and have not gone.
  private var booked = 0
  private var due = ContinuousClock.now
  /// When a paused direction goes on.
  private(set) var pausedUntil: ContinuousClock.Instant?

  init(_ bandwidth: Bandwidth?) { self.bandwidth = bandwidth }

  /// Whether a piece may go now. If not, it is offered again once `pausedUntil` has come.
  mutating func admits(_ byteCount: Int) -> Bool {
    guard let bandwidth else { return true }
    let now = ContinuousClock.now
    if byteCount > booked {
      due = now + bandwidth.book(byteCount - booked)
      booked = byteCount
    }
    guard due <= now else {
      pausedUntil = due
      return false
    }
    pausedUntil = nil
    booked -= byteCount
    return true
  }
}
