import Synchronization

/// A store whose calls are tried again while it is `unreachable`; all else is thrown at once.
///
/// A try whose answer got lost may have been done. So, after such a try: a `put` of the config that says `alreadyExists` has succeeded if the
/// config there is ours, and a `remove` that says `notFound` has succeeded. Other objects can be put again as often as one likes.
///
/// When the store stays unreachable for the whole patience of a call, later calls fail at once for some time (`Circuit`).
package final class RetryingStore: BlobStore {
  private let store: any BlobStore
  private let patience: Patience
  private let now: @Sendable () -> ContinuousClock.Instant
  private let sleep: @Sendable (Duration) async throws -> Void
  private let chance: @Sendable () -> Double
  private let onRetry: @Sendable (StoreError, Duration) -> Void
  private let circuit: Mutex<Circuit>

  package var address: String { store.address }

  /// - Parameters:
  ///   - sleep: waits; throws when the task is cancelled.
  ///   - chance: a number from 0 to 1.
  ///   - onRetry: for people: why a call failed and in how long it is tried again. Of several calls at once each one says it.
  package init(
    _ store: any BlobStore, patience: Patience = Patience(),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    onRetry: @escaping @Sendable (StoreError, Duration) -> Void = { _, _ in }
  ) {
    self.store = store
    self.patience = patience
    self.now = now
    self.sleep = sleep
    self.chance = chance
    self.onRetry = onRetry
    circuit = Mutex(Circuit(rest: patience.rest))
  }

  package func createLayout() async throws { try await retrying { _ in try await store.createLayout() } }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    guard name == .config else { return try await retrying { _ in try await store.put(bytes, as: name) } }
    // Not left to the store alone: after a lost answer nobody could tell what was there from what is ours.
    if try await contains(.config) {
      throw StoreError(.alreadyExists, cannot: "store", name, in: address, because: "it is already there")
    }
    do {
      try await retrying { _ in try await store.put(bytes, as: name) }
    } catch let error as StoreError where error.kind == .alreadyExists {
      guard try await self.bytes(of: name) == bytes else { throw error }
    }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    try await retrying { _ in try await store.bytes(of: name, in: range) }
  }

  package func size(of name: ObjectName) async throws -> Int { try await retrying { _ in try await store.size(of: name) } }

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    try await retrying { _ in try await store.names(of: kind) }
  }

  package func remove(_ name: ObjectName) async throws {
    try await retrying { isRepeated in
      do { try await store.remove(name) } catch let error as StoreError where error.kind == .notFound && isRepeated {}
    }
  }

  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits {
    try await retrying { _ in try await store.traits(trying: bytes) }
  }

  package func removeLeftovers(now: Int) async throws -> Int { try await retrying { _ in try await store.removeLeftovers(now: now) } }

  // MARK: Trying again

  private func retrying<Value>(_ call: (_ isRepeated: Bool) async throws -> Value) async throws -> Value {
    var tries = Tries(patience)
    while true {
      let admission = circuit.withLock { $0.admit(at: now()) }
      if case .open(let rest) = admission { throw leftAlone(for: rest) }
      do {
        let value = try await call(tries.failed > 0)
        circuit.withLock { $0.answered(at: now()) }
        return value
      } catch let error as StoreError {
        guard let pause = pause(after: error, &tries, admission) else { throw error }
        onRetry(error, pause)
        try await sleep(pause)
      } catch {
        if admission == .trying { circuit.withLock { $0.abandoned() } }
        throw error
      }
    }
  }

  /// - Returns: `nil` when the error is final.
  private func pause(after error: StoreError, _ tries: inout Tries, _ admission: Circuit.Admission) -> Duration? {
    let now = now()
    guard error.kind == .unreachable else {
      circuit.withLock { $0.answered(at: now) }
      return nil
    }
    if let pause = tries.fail(at: now, chance: chance()), admission == .closed { return pause }
    circuit.withLock { $0.failed(since: tries.since ?? now, at: now) }
    return nil
  }

  private func leftAlone(for rest: Duration) -> StoreError {
    StoreError(.unreachable, "store '\(address)' does not answer; it is not tried again for \(rest.components.seconds + 1) s")
  }
}
