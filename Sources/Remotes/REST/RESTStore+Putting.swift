package import Stores

extension RESTStore {
  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    let isDoubtful = unanswered.contains(name)
    if let present = try await presentSize(of: name, isDoubtful) {
      if try isStored(present, bytes, name) { return try await settle(name, bytes.count, isDoubtful) }
      guard !unanswered.mayBeUnderWay(name) else { throw doubt(name, "an upload of it that broke off is still under way there") }
      // rest-server never replaces what is there.
      try await delete(name, to: "replace")
    }
    let response = try await unanswered.watching(name) { try await post(bytes, as: name) }
    if !response.isSuccess {
      // Where nothing was a moment ago, somebody else may have been faster.
      guard response.isRefusalToReplace, let present = try await presentSize(of: name, isDoubtful) else {
        throw refusal(response, .post, cannot: "store", name)
      }
      guard try isStored(present, bytes, name) else {
        // libcurl sends anew by itself where a line it had used before is cut: what arrived by that one is there first.
        unanswered.began(name)
        throw doubt(name, "an upload of it that broke off came in between")
      }
    }
    guard isDoubtful else { return }
    guard try await presentSize(of: name, isDoubtful) == bytes.count else { throw doubt(name, "an upload that broke off has undone it") }
    try await settle(name, bytes.count, isDoubtful)
  }

  /// An upload without an answer is over when its last byte can be read: rclone refuses to while it writes.
  private func settle(_ name: ObjectName, _ byteCount: Int, _ isDoubtful: Bool) async throws {
    guard isDoubtful else { return }
    do {
      if byteCount > 0 { _ = try await self.bytes(of: name, in: byteCount - 1..<byteCount) }
    } catch let error as StoreError where [.notFound, .damaged].contains(error.kind) {
      throw doubt(name, "an upload that broke off has undone it")
    }
    unanswered.settled(name)
  }

  /// In bytes; `nil` if it is not there.
  ///
  /// - Parameter isDoubtful: ask for a listing, since rclone answers for single objects from memory.
  private func presentSize(of name: ObjectName, _ isDoubtful: Bool) async throws -> Int? {
    guard isDoubtful, name != .config else { return try await presentSize(of: name, to: "store") }
    return try await names(of: name.kind).first { $0.name == name }?.byteCount
  }

  /// - Returns: whether what is there is the object; the config is never replaced.
  private func isStored(_ present: Int, _ bytes: [UInt8], _ name: ObjectName) throws -> Bool {
    guard name != .config else {
      throw StoreError(.alreadyExists, cannot: "store", name, in: address, because: "it is already there")
    }
    return present == bytes.count
  }

  private func doubt(_ name: ObjectName, _ reason: String) -> StoreError {
    StoreError(.unreachable, cannot: "store", name, in: address, because: reason)
  }
}
