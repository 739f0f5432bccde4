import Backup
import Synchronization
import Testing

/// Work that goes on beside other work ends with it.
struct BegunTests {
  private struct Refusal: Error {}

  @Test func `what came of it can be had more than once, also an error`() async throws {
    let sum = try await Begun.during({ 20 }) { begun in try await begun.value + begun.value }
    #expect(sum == 40)

    let caught = try await Begun<Int>.during({ throw Refusal() }) { begun in
      do { return try await begun.value } catch is Refusal { return 7 }
    }
    #expect(caught == 7)
  }

  @Test(.timeLimit(.minutes(1))) func `who fails cancels it, and both have ended afterwards`() async throws {
    let ended = Mutex(false)

    await #expect(throws: Refusal.self) {
      try await Begun<Void>.during({
        defer { ended.withLock { $0 = true } }
        try await Task.sleep(for: .seconds(3600))
      }) { _ in throw Refusal() }
    }

    #expect(ended.withLock { $0 })
  }

  @Test func `nobody goes on before it has ended`() async throws {
    let ended = Mutex(false)

    try await Begun<Void>.during({
      try await Task.sleep(for: .milliseconds(50))
      ended.withLock { $0 = true }
    }) { _ in }

    #expect(ended.withLock { $0 })
  }
}
