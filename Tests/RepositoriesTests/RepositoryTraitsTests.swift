import Repositories
import Stores
import TestSupport
import Testing

/// Trying what a place does.
struct RepositoryTraitsTests {
  @Test func `wherever trying ends, what it leaves is the lock of a process that is gone, or a pack in no index`() async throws {
    var call = 1
    var packsLeft = 0
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
      let check = try await RepositoryCheck(next, reading: .all).run()
      #expect(check.isSound, "call \(call): \(check.findings)")
      packsLeft += memory.names(of: .pack).count
      if isWhole { break }
      call += 1
    }
    #expect(call > 5 && packsLeft == 1, "\(call) calls, \(packsLeft) packs left")
  }
}
