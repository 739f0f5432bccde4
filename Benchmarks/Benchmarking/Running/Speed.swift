/// Times something several times over, in this thread alone.
package enum Speed {
  /// Too short a time says little: what is faster is done over and over for so long.
  private static let shortest = Duration.milliseconds(200)
  private static let times = 5

  /// - Parameter work: bytes or operations that one call of `body` does.
  /// - Returns: work a second, the median of five times.
  package static func perSecond(_ work: Int, _ body: () throws -> Void) rethrows -> Double {
    try body()
    var speeds: [Double] = []
    for _ in 0..<times {
      let start = ContinuousClock.now
      var done = 0
      repeat {
        try body()
        done += work
      } while ContinuousClock.now - start < shortest
      speeds.append(Double(done) / ((ContinuousClock.now - start) / .seconds(1)))
    }
    return Statistics.median(speeds) ?? 0
  }
}

extension Speed {
  /// As `perSecond`, for what waits.
  static func perSecond(_ work: Int, _ body: () async throws -> Void) async rethrows -> Double {
    try await body()
    var speeds: [Double] = []
    for _ in 0..<times {
      let start = ContinuousClock.now
      var done = 0
      repeat {
        try await body()
        done += work
      } while ContinuousClock.now - start < shortest
      speeds.append(Double(done) / ((ContinuousClock.now - start) / .seconds(1)))
    }
    return Statistics.median(speeds) ?? 0
  }
}
