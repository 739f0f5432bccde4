import Synchronization

/// A store that fails on purpose: for tests of what a failure leaves behind.
///
/// Calls are counted from 1 in the order they begin. A failing `put` stores nothing, or with `afterwards` everything: the
/// answer of a store can get lost too.
package final class FaultyStore: BlobStore {
  private let store: any BlobStore
  private let isFailing: @Sendable (_ call: Int) -> Bool
  private let afterwards: Bool
  private let error: StoreError
  private let counter = Mutex(0)

  package var address: String { store.address }

  /// - Parameter failingCall: the one call that fails.
  package convenience init(
    _ store: any BlobStore, failingCall call: Int, error: StoreError = .init(.unreachable, "the store failed on purpose"),
    afterwards: Bool = false
  ) {
    self.init(store, failingCalls: call...call, error: error, afterwards: afterwards)
  }

  /// - Parameters:
  ///   - failingCalls: all calls that fail; end with `Int.max` for a store that goes away and stays away.
  ///   - afterwards: fail only after doing what was asked.
  package convenience init(
    _ store: any BlobStore, failingCalls: ClosedRange<Int>, error: StoreError = .init(.unreachable, "the store failed on purpose"),
    afterwards: Bool = false
  ) {
    self.init(store, error: error, afterwards: afterwards) { failingCalls.contains($0) }
  }

  /// - Parameter isFailing: asked with each call's number.
  package init(
    _ store: any BlobStore, error: StoreError = .init(.unreachable, "the store failed on purpose"), afterwards: Bool = false,
    isFailing: @escaping @Sendable (_ call: Int) -> Bool
  ) {
    self.store = store
    self.isFailing = isFailing
    self.error = error
    self.afterwards = afterwards
  }

  /// Calls begun so far.
  package var calls: Int { counter.withLock { $0 } }

  package func createLayout() async throws { try await perform { try await store.createLayout() } }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    try await perform { try await store.put(bytes, as: name) }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    try await perform { try await store.bytes(of: name, in: range) }
  }

  package func size(of name: ObjectName) async throws -> Int { try await perform { try await store.size(of: name) } }

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    try await perform { try await store.names(of: kind) }
  }

  package func remove(_ name: ObjectName) async throws { try await perform { try await store.remove(name) } }

  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits {
    try await perform { try await store.traits(trying: bytes) }
  }

  private func perform<Value>(_ call: () async throws -> Value) async throws -> Value {
    let number = counter.withLock {
      $0 += 1
      return $0
    }
    guard isFailing(number) else { return try await call() }
    if afterwards { _ = try await call() }
    throw error
  }
}
