import Stores

/// What siblings hold and a copy lacks. Listings only: no key, no content.
struct SiblingComparison: Sendable {
  struct Absent: Sendable {
    let object: StoredObject
    /// Addresses of the siblings that have it.
    let holders: [String]
    /// Whether every sibling that could be listed has it.
    let isEverywhereElse: Bool
  }

  let store: any BlobStore
  let siblings: [any BlobStore]

  /// A sibling that cannot be listed says nothing.
  func absent(_ kind: ObjectName.Kind) async throws -> [Absent] {
    let here = Set(try await store.names(of: kind).map(\.name))
    var holders: [ObjectName: [String]] = [:]
    var objects: [ObjectName: StoredObject] = [:]
    var listed = 0
    for sibling in siblings {
      guard let list = try await Self.list(kind, of: sibling) else { continue }
      listed += 1
      for object in list where !here.contains(object.name) {
        objects[object.name] = object
        holders[object.name, default: []].append(sibling.address)
      }
    }
    return objects.values.sorted { $0.name.path < $1.name.path }.map {
      let addresses = holders[$0.name] ?? []
      return Absent(object: $0, holders: addresses, isEverywhereElse: addresses.count == listed)
    }
  }

  /// Absence is an error only for a key that all others have: this copy cannot be opened with it. Whatever else is absent may have been
  /// pruned, or not have come yet.
  func findings(_ kind: ObjectName.Kind, remedy: String) async throws -> [CheckFinding] {
    try await absent(kind).map { absent in
      CheckFinding(
        kind == .key && absent.isEverywhereElse ? .error : .note, absent.object.name,
        "is not here, but in \(absent.holders.map { "'\($0)'" }.joined(separator: ", "))", byteCount: absent.object.byteCount,
        remedy: remedy)
    }
  }

  private static func list(_ kind: ObjectName.Kind, of store: any BlobStore) async throws -> [StoredObject]? {
    do { return try await store.names(of: kind) } catch is StoreError { return nil }
  }
}
