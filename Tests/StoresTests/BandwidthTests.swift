import Stores
import Synchronization
import Testing

struct BandwidthTests {
  @Test func `pieces wait for those before them, and idle time is not saved up`() {
    let start = ContinuousClock.now
    let time = Mutex(Duration.zero)
    let bandwidth = Bandwidth(bytesPerSecond: 1000, now: { start + time.withLock { $0 } })

    #expect(bandwidth.book(500) == .zero)
    #expect(bandwidth.book(500) == .milliseconds(500))
    time.withLock { $0 = .milliseconds(700) }
    #expect(bandwidth.book(100) == .milliseconds(300))
    time.withLock { $0 = .seconds(60) }
    #expect(bandwidth.book(1000) == .zero)
    #expect(bandwidth.book(1) == .seconds(1))
  }
}
