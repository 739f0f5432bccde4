import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import SystemPackage
import TestSupport
import Testing

struct RepositoryLocksTests {
  @Test func `shared locks go together, exclusive ones with none, and nothing is left`() async throws {
    let (store, first, second) = try await Self.pair()

    try await first.withLock(.shared) {
      try await second.withLock(.shared) { #expect(store.names(of: .lock).count == 2) }
      let refused = await #expect(throws: RepositoryError.self) { try await second.withLock(.exclusive) {} }
      #expect(refused?.kind == .locked)
      #expect(refused?.summary.contains("is locked by process 1001 of 'tester' on '") == true)
      #expect(refused?.hints.count == 3)
    }
    try await first.withLock(.exclusive) {
      let refused = await #expect(throws: RepositoryError.self) { try await second.withLock(.shared) {} }
      #expect(refused?.kind == .locked)
    }
    #expect(store.names(of: .lock).isEmpty)
  }

  @Test func `an error and a cancellation unlock too`() async throws {
    let (store, repository, _) = try await Self.pair()

    await #expect(throws: CancellationError.self) { try await repository.withLock(.shared) { throw CancellationError() } }

    #expect(store.names(of: .lock).isEmpty)
  }

  @Test func `a lock is renewed every 5 minutes, new before old`() async throws {
    let clock = TestClock()
    let store = RecordingStore(MemoryStore())
    let repository = try await newRepository(in: store, surroundings: clock.surroundings(processID: 1001))[0]
    store.forgetCalls()

    try await repository.withLock(.shared) {
      for minute in [5, 10, 15] {
        await clock.advance(minutes: 5)
        while store.calls.filter({ if case .remove = $0 { true } else { false } }).count < minute / 5 { await Task.yield() }
      }
    }

    let changes = store.calls.compactMap { call -> String? in
      switch call {
      case .put: "put"
      case .remove: "remove"
      default: nil
      }
    }
    #expect(changes == ["put", "put", "remove", "put", "remove", "put", "remove", "remove"])
  }

  @Test func `locks older than 30 minutes or of a dead process here are removed with a note`() async throws {
    let clock = TestClock()
    let store = MemoryStore()
    let copies = try await newRepository(in: store, surroundings: clock.surroundings(processID: 1001))
    let notes = Notes()
    for (host, process, age, isStale) in [
      ("elsewhere", 5, 31, true), ("elsewhere", 5, 29, false), ("here", 1002, 1, false), ("here", 1003, 1, true), ("here", 1002, 31, true),
    ] {
      var other = clock.surroundings(processID: process)
      other.hostname = host
      let now = clock.now
      other.now = { now.advanced(by: .seconds(-age * 60)) }
      let stranger = try await Repository.open(store, password: testPassword, surroundings: other)
      try await stranger.withLock(.exclusive) {
        let before = notes.all.count
        do {
          try await copies[0].withLock(.shared, note: notes.add) {}
          #expect(isStale, "\(host) \(process) \(age)")
          #expect(notes.all.count == before + 1)
        } catch let error as RepositoryError {
          #expect(!isStale && error.kind == .locked, "\(host) \(process) \(age): \(error)")
        }
      }
    }
    #expect(notes.all.first?.contains("not renewed for more than 30 minutes") == true)
    #expect(notes.all[1].contains("that process is gone"))
  }

  @Test func `a lock that cannot be renewed is given up before others may take it`() async throws {
    let clock = TestClock()
    let memory = MemoryStore(address: "usb")
    _ = try await newRepository(in: memory, surroundings: clock.surroundings(processID: 1001))
    let faulty = FaultyStore(memory, failingCalls: 7...Int.max)
    let repository = try await Repository.open(faulty, password: testPassword, surroundings: clock.surroundings(processID: 1001))
    #expect(faulty.calls == 3)

    let error = await #expect(throws: RepositoryError.self) {
      try await repository.withLock(.shared) {
        while true {
          try Task.checkCancellation()
          await clock.advance(minutes: 1)
        }
      }
    }

    #expect(error?.kind == .lockLost)
    #expect(clock.now < TestClock.start.advanced(by: RepositoryLocks.staleAge), "\(clock.now)")
  }

  @Test func `when our lock was removed by someone the work stops at the next renewal`() async throws {
    let clock = TestClock()
    let store = MemoryStore()
    let repository = try await newRepository(in: store, surroundings: clock.surroundings(processID: 1001))[0]

    let error = await #expect(throws: RepositoryError.self) {
      try await repository.withLock(.shared) {
        for lock in store.names(of: .lock) { try store.remove(lock.name) }
        while true {
          try Task.checkCancellation()
          await clock.advance(minutes: 1)
        }
      }
    }

    #expect(error?.kind == .lockLost)
    #expect(error?.summary.contains("was removed by someone else") == true)
    #expect(clock.now <= TestClock.start.advanced(by: .seconds(6 * 60)))
  }

  @Test func `an interrupted run leaves no lock where calls end with their task`() async throws {
    let memory = MemoryStore()
    _ = try await newRepository(in: memory)
    let repository = try await Repository.open(ConnectedStore(store: memory), password: testPassword, surroundings: .here())

    let run = Task { try await repository.withLock(.shared) { try await Task.sleep(for: .seconds(60)) } }
    while memory.names(of: .lock).isEmpty { await Task.yield() }
    run.cancel()

    await #expect(throws: CancellationError.self) { try await run.value }
    #expect(memory.names(of: .lock).isEmpty)
  }

  @Test func `a copy that cannot be locked is left out and named`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    let gone = FaultyStore(stores[1], failingCalls: 4...Int.max)
    let opened = try await Repository.open(gone, password: testPassword, surroundings: .here())

    try await RepositoryLocks.hold(.shared, on: [copies[0], opened]) { locks in
      #expect(locks.copies.map(\.address) == ["a"])
      #expect(locks.failures.map(\.address) == ["b"])
    }
    #expect(stores[0].names(of: .lock).isEmpty)
  }

  @Test func `of two that come at once at most one gets an exclusive lock`() async throws {
    for _ in 0..<20 {
      let (store, first, second) = try await Self.pair()
      let inside = Counter()
      await withTaskGroup(of: Void.self) { group in
        for repository in [first, second] {
          group.addTask {
            try? await repository.withLock(.exclusive) {
              #expect(inside.add(1) == 1)
              await Task.yield()
              _ = inside.add(-1)
            }
          }
        }
      }
      #expect(store.names(of: .lock).isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func `between writing a lock and looking at the others time passes only where a listing may be late`(_ isFolder: Bool) async throws {
    let pauses = Mutex<[Duration]>([])
    var here = Surroundings.here(processID: 1001)
    here.sleep = { pause in
      if pause > .seconds(1) { return try await Task.sleep(for: pause) }
      pauses.withLock { $0.append(pause) }
    }
    let folder = try TemporaryFolder()
    let store: any BlobStore = isFolder ? FolderStore(FilePath(folder.path)) : MemoryStore()
    let repository = try await newRepository(in: store, surroundings: here)[0]

    try await repository.withLock(.exclusive) {}

    #expect(pauses.withLock { $0 } == (isFolder ? [] : [.milliseconds(200)]))
  }

  @Test func `in a folder, too, of two that come at once at most one gets an exclusive lock`() async throws {
    let folder = try TemporaryFolder()
    var here = Surroundings.here(processID: 1001)
    here.isRunning = { _ in true }
    let first = try await newRepository(in: FolderStore(FilePath(folder.path)), surroundings: here)[0]
    here.processID = 1002
    let second = try await Repository.open(FolderStore(FilePath(folder.path)), password: testPassword, surroundings: here)
    let inside = Counter()
    let most = Counter()

    for _ in 0..<50 {
      await withTaskGroup(of: Void.self) { group in
        for copy in [first, second] {
          group.addTask {
            try? await copy.withLock(.exclusive) {
              if inside.add(1) > 1 { _ = most.add(1) }
              await Task.yield()
              _ = inside.add(-1)
            }
          }
        }
      }
    }

    #expect(most.add(0) == 0, "both were inside at once")
  }

  @Test func `a lock that appears between the first look and our own makes us back off`() async throws {
    let (store, _, second) = try await Self.pair()
    let competitor = try await second.withLock(.exclusive) { store.contents.filter { $0.key.kind == .lock } }
    var late = Surroundings.here(processID: 1001)
    late.isRunning = { _ in true }
    late.sleep = { duration in
      if duration > .seconds(1) { try await Task.sleep(for: duration) }
      for (name, bytes) in competitor { store.overwrite(name, with: bytes) }
    }
    let repository = try await Repository.open(store, password: testPassword, surroundings: late)

    let error = await #expect(throws: RepositoryError.self) { try await repository.withLock(.shared) {} }

    #expect(error?.kind == .locked)
    #expect(store.names(of: .lock).map(\.name) == Array(competitor.keys), "ours is gone, theirs is not")
  }

  @Test func `a damaged lock blocks, and says how to remove it`() async throws {
    let (store, repository, _) = try await Self.pair()
    store.overwrite(.lock(ContentID(hashing: [1])), with: [])

    let error = await #expect(throws: RepositoryError.self) { try await repository.withLock(.shared) {} }

    #expect(error?.kind == .locked)
    #expect(error?.hints.first?.contains("restic unlock --remove-all") == true)
  }

  private static func pair() async throws -> (MemoryStore, Repository, Repository) {
    let store = MemoryStore()
    var here = Surroundings.here(processID: 1001)
    here.isRunning = { _ in true }
    let first = try await newRepository(in: store, surroundings: here)[0]
    here.processID = 1002
    return (store, first, try await Repository.open(store, password: testPassword, surroundings: here))
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)

  func add(_ amount: Int) -> Int {
    count.withLock {
      $0 += amount
      return $0
    }
  }
}

private final class Notes: Sendable {
  private let notes = Mutex<[String]>([])

  var all: [String] { notes.withLock { $0 } }

  @Sendable func add(_ note: String) { notes.withLock { $0.append(note) } }
}

/// Time that passes only when told to; sleepers wake when their moment has come.
final class TestClock: Sendable {
  static let start = Timestamp(seconds: 1_800_000_000)

  private struct State {
    var now = start
    var sleepers: [(wake: Timestamp, id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    var ids = 0
    var cancelled: Set<Int> = []
  }

  private let state = Mutex(State())

  var now: Timestamp { state.withLock { $0.now } }

  /// Processes up to 1002 run here, others do not.
  func surroundings(processID: Int) -> Surroundings {
    Surroundings(
      hostname: "here", username: "tester", processID: processID, random: .system, now: { self.now },
      sleep: { try await self.sleep($0) }, isRunning: { $0 <= 1002 })
  }

  /// Waits until somebody sleeps, then moves on.
  func advance(minutes: Int) async {
    while state.withLock({ $0.sleepers.isEmpty }), !Task.isCancelled { await Task.yield() }
    let woken = state.withLock { state in
      state.now = state.now.advanced(by: .seconds(minutes * 60))
      let woken = state.sleepers.filter { $0.wake <= state.now }
      state.sleepers.removeAll { $0.wake <= state.now }
      return woken
    }
    for sleeper in woken { sleeper.continuation.resume() }
  }

  private func sleep(_ duration: Duration) async throws {
    if duration < .seconds(1) { return await Task.yield() }
    let id = state.withLock { state in
      state.ids += 1
      return state.ids
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isCancelled = state.withLock { state in
          if state.cancelled.contains(id) { return true }
          state.sleepers.append((state.now.advanced(by: duration), id, continuation))
          return false
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        state.cancelled.insert(id)
        return state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }
}

/// As one behind a connection: a call of a cancelled task does nothing.
private struct ConnectedStore: BlobStore {
  let store: MemoryStore

  var address: String { store.address }

  func createLayout() async throws { try Task.checkCancellation() }
  func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    try Task.checkCancellation()
    try store.put(bytes, as: name)
  }
  func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    try Task.checkCancellation()
    return try store.bytes(of: name, in: range)
  }
  func size(of name: ObjectName) async throws -> Int {
    try Task.checkCancellation()
    return try store.size(of: name)
  }
  func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    try Task.checkCancellation()
    return store.names(of: kind)
  }
  func remove(_ name: ObjectName) async throws {
    try Task.checkCancellation()
    try store.remove(name)
  }
}
