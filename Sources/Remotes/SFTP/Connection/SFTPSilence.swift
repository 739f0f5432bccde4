/// Notices that nothing comes which is owed.
struct SFTPSilence {
  private let timeouts: SSHCommand.Timeouts
  private let start = ContinuousClock.now
  private var since = ContinuousClock.now

  init(_ timeouts: SSHCommand.Timeouts) { self.timeouts = timeouts }

  mutating func end() { since = .now }

  /// - Returns: how long it lasted, once that is too long.
  func isOver(isOpen: Bool, isOwed: Bool) -> Duration? {
    guard isOwed else { return nil }
    let time = ContinuousClock.now - (isOpen ? since : start)
    return time > (isOpen ? timeouts.stall : timeouts.start) ? time : nil
  }
}
