/// A store behind a slow line: each call waits before it does what was asked. For tests of what that holds up.
package struct SlowStore: BlobStore {
  private let store: any BlobStore
  private let callTime: Duration
  private let nanosecondsPerByte: Double
  private let sleep: @Sendable (Duration) async throws -> Void

  package var address: String { store.address }

  /// - Parameters:
  ///   - callTime: what every call takes.
  ///   - bytesPerSecond: of one transfer; several at once are each as fast.
  package init(
    _ store: any BlobStore, callTime: Duration = .zero, bytesPerSecond: Double = .infinity,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.store = store
    self.callTime = callTime
    nanosecondsPerByte = 1e9 / bytesPerSecond
    self.sleep = sleep
  }

  package func createLayout() async throws {
    try await sleep(callTime)
    try await store.createLayout()
  }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    try await sleep(time(for: bytes.count))
    try await store.put(bytes, as: name)
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    let bytes = try await store.bytes(of: name, in: range)
    try await sleep(time(for: bytes.count))
    return bytes
  }

  package func size(of name: ObjectName) async throws -> Int {
    try await sleep(callTime)
    return try await store.size(of: name)
  }

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    try await sleep(callTime)
    return try await store.names(of: kind)
  }

  package func remove(_ name: ObjectName) async throws {
    try await sleep(callTime)
    try await store.remove(name)
  }

  private func time(for bytes: Int) -> Duration { callTime + .nanoseconds(Int64(Double(bytes) * nanosecondsPerByte)) }
}
