import Primitives

extension BlobStore {
  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits { try await triedTraits(trying: bytes) }

  /// Tries with a lock and with a pack of the same bytes. In a place that refuses removal the pack stays: some hundred bytes that no index
  /// names.
  package func triedTraits(trying bytes: [UInt8]) async throws -> StoreTraits {
    let lock = ObjectName.lock(ContentID(hashing: bytes))
    try await put(bytes, as: lock)
    let isRead = try await self.bytes(of: lock) == bytes
    let isListed = try await names(of: .lock).contains { $0.name == lock }
    _ = try await permission { try await remove(lock) }
    let pack = ObjectName.pack(ContentID(hashing: bytes))
    try await put(bytes, as: pack)
    // Another size, so that the store takes it for damaged and tries to replace it.
    let overwriting = try await permission { try await put(bytes + [0], as: pack) }
    let removal = try await permission { try await remove(pack) }
    return StoreTraits(readsWhatWasPut: isRead, listsWhatWasPut: isListed, overwriting: overwriting, removal: removal)
  }

  private func permission(to body: () async throws -> Void) async throws -> StoreTraits.Permission {
    do {
      try await body()
      return .granted
    } catch let error as StoreError where error.kind == .denied {
      return .refused
    }
  }
}
