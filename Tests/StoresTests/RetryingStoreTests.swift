import Foundation
import SystemPackage
import Primitives
import StoreTesting
import Stores
import Synchronization
import SystemPackage
import Testing

struct RetryingStoreTests {
  private static let pack = ObjectName.pack(ContentID(hashing: [1]))

  // MARK: The contract

  @Test func `a retrying store keeps the contract`() async throws {
    try await expectStoreContract { RetryingStore(MemoryStore()) }
  }

  @Test func `with any call failing once, before or after doing it, a store in memory keeps the contract`() async throws {
    try await expectStoreSurvivesFaults { MemoryStore() }
  }

  @Test func `with any call failing once, before or after doing it, a folder keeps the contract`() async throws {
    // In memory: some fifty repositories of 261 folders, and every object is synced.
    let folder = FilePath("/dev/shm/akiba-test-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    var count = 0
    try await expectStoreSurvivesFaults {
      count += 1
      return FolderStore(folder.appending("repo\(count)"))
    }
  }

  @Test func `a config of somebody else is not taken for ours because an answer got lost`() async throws {
    let memory = MemoryStore()
    // Call 1 looks whether a config is there, call 2 creates it: somebody else does so in between, and our answer is lost.
    let store = RetryingStore(
      FaultyStore(memory, failingCall: 2), sleep: { _ in try memory.put([9], as: .config) })

    let error = await #expect(throws: StoreError.self) { try await store.put([1], as: .config) }

    #expect(error?.kind == .alreadyExists)
    #expect(try memory.bytes(of: .config, in: nil) == [9])
  }

  // MARK: What is repeated, and for how long

  @Test func `pauses double up to the longest, until patience is at its end`() async throws {
    let time = TestTime()
    let store = FaultyStore(MemoryStore(), failingCalls: 1...Int.max)
    let retrying = time.retrying(store, Patience(total: .seconds(60), firstPause: .seconds(1), longestPause: .seconds(16)))

    let error = await #expect(throws: StoreError.self) { try await retrying.size(of: Self.pack) }

    #expect(error?.kind == .unreachable)
    #expect(time.pauses == [1, 2, 4, 8, 16, 16, 13].map { .seconds($0) }, "the last try begins when 60 s are over")
    #expect(store.calls == 8)
    #expect(time.told == time.pauses, "each is told")
  }

  @Test func `chance spreads a pause by a quarter to both sides`() async throws {
    for (chance, pause) in [(0.0, Duration.milliseconds(750)), (1, .milliseconds(1250))] {
      let time = TestTime(chance: chance)
      try await time.retrying(FaultyStore(MemoryStore(), failingCall: 1)).createLayout()
      #expect(time.pauses == [pause])
    }
  }

  @Test func `a call whose tries take long has three of them`() async throws {
    let time = TestTime()
    let store = FaultyStore(MemoryStore()) { _ in
      time.pass(.seconds(300))
      return true
    }

    await #expect(throws: StoreError.self) { _ = try await time.retrying(store).names(of: .pack) }

    #expect(store.calls == 3)
    #expect(time.pauses == [.seconds(1), .seconds(2)])
  }

  @Test(arguments: [
    StoreError.Kind.notFound, .alreadyExists, .denied, .full, .readOnly, .damaged, .noSuchPlace, .untrusted, .other,
  ])
  func `everything but unreachable is thrown at once`(_ kind: StoreError.Kind) async throws {
    let time = TestTime()
    let store = FaultyStore(MemoryStore(), failingCall: 1, error: StoreError(kind, "on purpose"))

    let error = await #expect(throws: StoreError.self) { try await time.retrying(store).put([1], as: Self.pack) }

    #expect(error?.kind == kind)
    #expect(store.calls == 1 && time.pauses.isEmpty)
  }

  @Test func `cancelling ends a pause at once`() async throws {
    let began = ContinuousClock.now
    let store = RetryingStore(
      FaultyStore(MemoryStore(), failingCalls: 1...Int.max),
      patience: Patience(total: .seconds(600), firstPause: .seconds(300), longestPause: .seconds(300)))
    let call = Task { try await store.createLayout() }
    try await Task.sleep(for: .milliseconds(50))
    call.cancel()

    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(ContinuousClock.now - began < .seconds(200), "a machine under load is slow, but the pause is of 300 s")
  }

  // MARK: The circuit

  @Test func `when a store stays away, a thousand calls wait for it once, and it is tried again after a rest`() async throws {
    let time = TestTime()
    let store = FaultyStore(MemoryStore(), failingCalls: 1...9)
    let retrying = time.retrying(store, Patience(total: .seconds(60), longestPause: .seconds(16), rest: .seconds(40)))
    await #expect(throws: StoreError.self) { try await retrying.createLayout() }
    #expect(store.calls == 8)
    let waited = time.pauses

    for _ in 0..<1000 {
      let error = await #expect(throws: StoreError.self) { try await retrying.put([1], as: Self.pack) }
      #expect(error?.kind == .unreachable)
      #expect(error?.summary == "store 'memory' does not answer; it is not tried again for 41 s")
    }
    #expect(store.calls == 8, "nothing was sent")

    time.pass(.seconds(40))
    await #expect(throws: StoreError.self) { try await retrying.createLayout() }
    #expect(store.calls == 9, "a single try")
    await #expect(throws: StoreError.self) { try await retrying.createLayout() }
    #expect(store.calls == 9, "and another rest")
    #expect(time.pauses == waited)

    time.pass(.seconds(40))
    try await retrying.put([1], as: Self.pack)
    #expect(try await retrying.size(of: Self.pack) == 1, "it is back")
  }

  @Test func `a refusal is an answer: the store is back`() async throws {
    let time = TestTime()
    let store = FaultyStore(MemoryStore(), failingCalls: 1...8)
    let retrying = time.retrying(store, Patience(total: .seconds(60), longestPause: .seconds(16), rest: .seconds(40)))
    await #expect(throws: StoreError.self) { try await retrying.createLayout() }
    time.pass(.seconds(40))

    let refused = await #expect(throws: StoreError.self) { _ = try await retrying.size(of: Self.pack) }

    #expect(refused?.kind == .notFound)
    try await retrying.put([1], as: Self.pack)
  }

  @Test func `one call that always fails does not shut out those that have answers`() async throws {
    let time = TestTime()
    let isAway = Mutex(true)
    let store = FaultyStore(MemoryStore()) { _ in isAway.withLock { $0 } }
    let retrying = time.retrying(store)
    time.onPause {
      isAway.withLock { $0 = false }
      #expect(await (try? retrying.names(of: .pack)) != nil)
      isAway.withLock { $0 = true }
    }

    await #expect(throws: StoreError.self) { try await retrying.put([1], as: Self.pack) }

    isAway.withLock { $0 = false }
    #expect(try await retrying.names(of: .pack).isEmpty, "the circuit is closed")
  }
}

/// Time that passes when somebody sleeps.
private final class TestTime: Sendable {
  private struct State {
    var now = ContinuousClock.now
    var pauses: [Duration] = []
    var told: [Duration] = []
    var onPause: @Sendable () async -> Void = {}
  }

  private let state = Mutex(State())
  private let chance: Double

  init(chance: Double = 0.5) { self.chance = chance }

  var pauses: [Duration] { state.withLock { $0.pauses } }
  var told: [Duration] { state.withLock { $0.told } }

  func pass(_ time: Duration) { state.withLock { $0.now += time } }

  /// What else goes on while a call waits.
  func onPause(_ action: @escaping @Sendable () async -> Void) { state.withLock { $0.onPause = action } }

  func retrying(_ store: any BlobStore, _ patience: Patience = Patience()) -> RetryingStore {
    RetryingStore(
      store, patience: patience, now: { self.state.withLock { $0.now } }, sleep: { await self.sleep($0) }, chance: { self.chance },
      onRetry: { _, pause in self.state.withLock { $0.told.append(pause) } })
  }

  private func sleep(_ pause: Duration) async {
    let action = state.withLock { state in
      state.now += pause
      state.pauses.append(pause)
      return state.onPause
    }
    await action()
  }
}
