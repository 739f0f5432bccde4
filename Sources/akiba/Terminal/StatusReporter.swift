/// Shows how far long work has come: a live block on a terminal, a plain line now and then elsewhere.
struct StatusReporter {
  private static let redraw = Duration.milliseconds(200)
  private static let plainInterval = Duration.seconds(60)

  let console: Console

  /// Runs `work` and shows `status` meanwhile.
  ///
  /// - Parameter status: gets the time since the start; the lines to show, the first of which stands alone in a log.
  func during<Value: Sendable>(
    _ status: @escaping @Sendable (Duration) -> [String], _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await work() }
      group.addTask {
        await show(status)
        return nil
      }
      defer { console.clearStatus() }
      while let value = try await group.next() {
        guard let value else { continue }
        group.cancelAll()
        return value
      }
      throw CancellationError()
    }
  }

  private func show(_ status: @Sendable (Duration) -> [String]) async {
    let clock = ContinuousClock()
    let start = clock.now
    var lastLine = start
    while !Task.isCancelled {
      if console.isLive {
        console.showStatus(status(clock.now - start))
      } else if clock.now - lastLine >= Self.plainInterval, let line = status(clock.now - start).first {
        console.note(line)
        lastLine = clock.now
      }
      try? await Task.sleep(for: Self.redraw)
    }
  }

  /// `120 MB of 1.2 GB, 60 MB/s, 18 s left`
  static func amount(_ done: Int, of total: Int, after time: Duration) -> String {
    let rate = time.seconds > 0 ? Double(done) / time.seconds : 0
    var text = "\(Wording.bytes(done)) of \(Wording.bytes(max(done, total)))"
    if rate > 0 {
      text += ", \(Wording.bytes(Int(rate)))/s"
      if total > done { text += ", \(Wording.duration(.seconds(Int(Double(total - done) / rate) + 1))) left" }
    }
    return text
  }
}
