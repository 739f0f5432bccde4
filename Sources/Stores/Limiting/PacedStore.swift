/// A store that is read no faster than a rate: for work that has time.
package struct PacedStore: BlobStore {
  private let store: any BlobStore
  private let bandwidth: Bandwidth

  package init(_ store: any BlobStore, bandwidth: Bandwidth) {
    self.store = store
    self.bandwidth = bandwidth
  }

  package var address: String { store.address }

  package func createLayout() async throws { try await store.createLayout() }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws { try await store.put(bytes, as: name) }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    let bytes = try await store.bytes(of: name, in: range)
    try await Task.sleep(for: bandwidth.book(bytes.count))
    return bytes
  }

  package func size(of name: ObjectName) async throws -> Int { try await store.size(of: name) }

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] { try await store.names(of: kind) }

  package func remove(_ name: ObjectName) async throws { try await store.remove(name) }

  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits { try await store.traits(trying: bytes) }

  package func removeLeftovers(now: Int) async throws -> Int { try await store.removeLeftovers(now: now) }
}
