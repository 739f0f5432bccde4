import Primitives
import Synchronization

/// A repository in memory: for tests and for trying things out.
package final class MemoryStore: BlobStore {
  package let address: String
  private let objects = Mutex<[ObjectName: [UInt8]]>([:])

  package init(address: String = "memory") { self.address = address }

  package func createLayout() {}

  package func put(_ bytes: [UInt8], as name: ObjectName) throws {
    try objects.withLock { objects in
      if let present = objects[name] {
        guard name != .config else {
          throw StoreError(.alreadyExists, cannot: "store", name, in: address, because: "it is already there")
        }
        if present.count == bytes.count { return }
      }
      objects[name] = bytes
    }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] {
    let all = try object(name, "read")
    guard let range else { return all }
    guard range.lowerBound >= 0, range.upperBound <= all.count else {
      throw StoreError(.damaged, cannot: "read", name, in: address, because: "it ends at byte \(all.count), not \(range.upperBound)")
    }
    return Array(all[range])
  }

  package func size(of name: ObjectName) throws -> Int { try object(name, "measure").count }

  package func names(of kind: ObjectName.Kind) -> [StoredObject] {
    objects.withLock { objects in
      objects.filter { $0.key.kind == kind }.map { StoredObject(name: $0.key, byteCount: $0.value.count) }
    }
  }

  package func remove(_ name: ObjectName) throws {
    guard objects.withLock({ $0.removeValue(forKey: name) }) != nil else {
      throw StoreError(.notFound, cannot: "remove", name, in: address, because: "it is not there")
    }
  }

  /// Puts `bytes` there whatever was there before: how a test damages an object.
  package func overwrite(_ name: ObjectName, with bytes: [UInt8]) { objects.withLock { $0[name] = bytes } }

  /// Everything there is now.
  package var contents: [ObjectName: [UInt8]] { objects.withLock { $0 } }

  private func object(_ name: ObjectName, _ operation: String) throws -> [UInt8] {
    guard let bytes = objects.withLock({ $0[name] }) else {
      throw StoreError(.notFound, cannot: operation, name, in: address, because: "it is not there")
    }
    return bytes
  }
}
