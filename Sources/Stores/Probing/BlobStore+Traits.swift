import Primitives

extension BlobStore {
  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits { try await triedTraits(trying: bytes) }

  /// Tries with a lock and with a pack of the same bytes. A run that ends in between leaves the pack, and so does a place that refuses removal:
  /// some hundred bytes that no index names. They have the SHA-256 of their name, so that no check takes them for damaged; only where
  /// removal is refused do others stand in their place for a moment.
  package func triedTraits(trying bytes: [UInt8]) async throws -> StoreTraits {
    let lock = ObjectName.lock(ContentID(hashing: bytes))
    try await put(bytes, as: lock)
    let isRead = try await self.bytes(of: lock) == bytes
    let isListed = try await names(of: .lock).contains { $0.name == lock }
    _ = try await permission { try await remove(lock) }
    let pack = ObjectName.pack(ContentID(hashing: bytes))
    try await put(bytes, as: pack)
    let removal = try await permission { try await remove(pack) }
    // What can be removed can be put anew.
    let overwriting = removal == .granted ? .granted : try await tryOverwriting(pack, bytes)
    return StoreTraits(readsWhatWasPut: isRead, listsWhatWasPut: isListed, overwriting: overwriting, removal: removal)
  }

  private func tryOverwriting(_ name: ObjectName, _ bytes: [UInt8]) async throws -> StoreTraits.Permission {
    // Another size, so that the store takes it for damaged and tries to replace it.
    let permission = try await permission { try await put(bytes + [0], as: name) }
    if permission == .granted { try await put(bytes, as: name) }
    return permission
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
