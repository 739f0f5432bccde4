import Synchronization

/// A store that notes every call that succeeded, in the order they ended: for tests of order, count and amount.
package final class RecordingStore: BlobStore {
  private let store: any BlobStore
  private let log = Mutex<[StoreCall]>([])

  package var address: String { store.address }

  package init(_ store: any BlobStore) { self.store = store }

  package var calls: [StoreCall] { log.withLock { $0 } }

  package func forgetCalls() { log.withLock { $0 = [] } }

  package func createLayout() async throws {
    try await store.createLayout()
    note(.createLayout)
  }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    try await store.put(bytes, as: name)
    note(.put(name, byteCount: bytes.count))
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    let bytes = try await store.bytes(of: name, in: range)
    note(.bytes(name, range: range))
    return bytes
  }

  package func size(of name: ObjectName) async throws -> Int {
    let size = try await store.size(of: name)
    note(.size(name))
    return size
  }

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    let names = try await store.names(of: kind)
    note(.names(kind))
    return names
  }

  package func remove(_ name: ObjectName) async throws {
    try await store.remove(name)
    note(.remove(name))
  }

  private func note(_ call: StoreCall) { log.withLock { $0.append(call) } }
}
