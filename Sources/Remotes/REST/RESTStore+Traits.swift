import Primitives
package import Stores

extension RESTStore {
  /// Tries with the lock, and with removing a pack that is not there: servers refuse before they look. Nothing is left behind,
  /// but the lock where a server refuses to remove even locks.
  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits {
    let id = ContentID(hashing: bytes)
    try await put(bytes, as: .lock(id))
    let isRead = try await self.bytes(of: .lock(id), in: nil) == bytes
    let isListed = try await names(of: .lock).contains { $0.name == .lock(id) }
    let replacing = try await replacing(bytes, .lock(id))
    let unlocking = try await removal(of: .lock(id))
    let removal = try await removal(of: .pack(id))
    // What can be removed can be put anew.
    return StoreTraits(
      readsWhatWasPut: isRead, listsWhatWasPut: isListed, refusesSecondCreation: replacing == .refused,
      overwriting: removal == .granted ? .granted : replacing, removal: removal, remark: remark(removal, unlocking))
  }

  /// The same bytes again: a server that replaces takes them.
  private func replacing(_ bytes: [UInt8], _ name: ObjectName) async throws -> StoreTraits.Permission {
    let response = try await post(bytes, as: name)
    guard response.isSuccess || response.isRefusalToReplace else { throw refusal(response, .post, cannot: "replace", name) }
    return response.isSuccess ? .granted : .refused
  }

  private func removal(of name: ObjectName) async throws -> StoreTraits.Permission {
    do {
      try await delete(name, to: "remove")
      return .granted
    } catch let error as StoreError where error.kind == .denied {
      return .refused
    }
  }

  private func remark(_ removal: StoreTraits.Permission, _ unlocking: StoreTraits.Permission) -> String? {
    switch (removal, unlocking) {
    case (.granted, .granted): nil
    case (.refused, .granted): "append-only: locks can be removed, nothing else"
    case (_, .refused): "locks cannot be removed: each run leaves one behind, and pruning waits until it is stale"
    }
  }
}
