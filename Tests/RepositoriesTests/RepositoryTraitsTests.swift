import Repositories
import Stores
import TestSupport
import Testing

/// Trying what a place does.
struct RepositoryTraitsTests {
  @Test func `wherever trying ends, what it leaves is removed by the next run as the lock of a process that is gone`() async throws {
    var call = 1
    while true {
      let clock = TestClock()
      let memory = MemoryStore()
      _ = try await newRepository(in: memory, surroundings: clock.surroundings(processID: 1001))
      // Opened by a process that is gone afterwards: every call from this one on is never made.
      var dead = clock.surroundings(processID: 1003)
      dead.hostname = "here"
      let faulty = FaultyStore(memory, failingCalls: call + 3...Int.max)
      let store = SlowStore(faulty, sleep: { _ in })
      let killed = try await Repository.open(store, password: testPassword, surroundings: dead)
      let isWhole = (try? await killed.traits()) != nil

      let next = try await Repository.open(memory, password: testPassword, surroundings: clock.surroundings(processID: 1001))
      try await next.withLock(.exclusive) {}
      #expect(memory.names(of: .lock).isEmpty, "call \(call)")
      if isWhole { break }
      call += 1
    }
    #expect(call > 5, "\(call)")
  }
}
