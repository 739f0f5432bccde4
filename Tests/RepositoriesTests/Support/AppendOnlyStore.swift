import Stores

/// A place that takes what is new and gives nothing up, but for locks: as `rest-server --append-only`.
struct AppendOnlyStore: BlobStore {
  let store: MemoryStore

  var address: String { store.address }

  func createLayout() {}
  func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] { try store.bytes(of: name, in: range) }
  func size(of name: ObjectName) throws -> Int { try store.size(of: name) }
  func names(of kind: ObjectName.Kind) -> [StoredObject] { store.names(of: kind) }

  func put(_ bytes: [UInt8], as name: ObjectName) throws {
    if let size = try? store.size(of: name), size != bytes.count { throw denied("replace", name) }
    try store.put(bytes, as: name)
  }

  func remove(_ name: ObjectName) throws {
    guard name.kind == .lock else { throw denied("remove", name) }
    try store.remove(name)
  }

  private func denied(_ verb: String, _ name: ObjectName) -> StoreError {
    StoreError(.denied, cannot: verb, name, in: address, because: "it is append-only")
  }
}
