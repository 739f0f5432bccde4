import Primitives
import Stores

/// Whole objects from siblings to one copy. Nothing is put that is not what its name says, so damage never spreads.
struct ObjectExchange: Sendable {
  struct Found: Sendable {
    let bytes: [UInt8]
    /// The address it came from.
    let source: String
  }

  let patient: any BlobStore
  let siblings: [any BlobStore]

  /// - Returns: the object from the first sibling that has it whole; `nil` if none has.
  func find(_ name: ObjectName) async throws -> Found? {
    for sibling in siblings {
      try Task.checkCancellation()
      do {
        let bytes = try await sibling.bytes(of: name)
        if ContentID(hashing: bytes) == name.id { return Found(bytes: bytes, source: sibling.address) }
      } catch is StoreError {}
    }
    return nil
  }

  /// Fetches the object, puts it where a damaged one may lie, and reads it back.
  ///
  /// - Returns: `nil` if no sibling has it whole.
  func restore(_ name: ObjectName) async throws -> RepairReport.Healed? {
    guard let found = try await find(name) else { return nil }
    try await put(found.bytes, as: name)
    return RepairReport.Healed(name: name, how: .fetched(from: found.source), byteCount: found.bytes.count)
  }

  /// Puts good bytes under a content name, whatever lies there.
  ///
  /// A store takes an object of the same size for the same object. So a damaged one is first replaced by the good bytes and one more:
  /// unlike with a removal, blobs that can still be read can be read at every moment.
  func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    if try await size(of: name) == bytes.count { try await patient.put(bytes + [0], as: name) }
    try await patient.put(bytes, as: name)
    guard ContentID(hashing: try await patient.bytes(of: name)) == name.id else {
      throw StoreError(
        .damaged, "\(name) was put into store '\(patient.address)' and reads back damaged",
        hints: ["the disk may be failing: replace it, then run 'akiba sync'"])
    }
  }

  private func size(of name: ObjectName) async throws -> Int? {
    do { return try await patient.size(of: name) } catch let error as StoreError where error.kind == .notFound { return nil }
  }
}
