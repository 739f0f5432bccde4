/// A place that keeps the objects of one repository: folder, SFTP, S3, REST.
///
/// What every store promises, and `expectStoreContract` checks:
/// - When `put` returns, the object is durable and whole. Nobody ever sees a part of it, whatever happens.
/// - Names are content: putting an object that is there with the same size does nothing and succeeds. One of another size is
///   damaged and replaced. Only the config has no content name: putting a second one throws `alreadyExists`.
/// - All verbs may be called from several tasks at once. Errors are `StoreError`; cancellation passes through as it is.
package protocol BlobStore: Sendable {
  /// For messages: what a person would type to name this store. Never with a secret.
  var address: String { get }

  /// Whether everyone who lists after a `put` has returned sees the object. `false` where that takes a moment, or is not known.
  var showsAtOnce: Bool { get }

  /// Creates what a new repository needs (folders). Does nothing where it is already there.
  func createLayout() async throws

  func put(_ bytes: [UInt8], as name: ObjectName) async throws

  /// - Parameter range: bytes from the object's start; `nil` for all of it. Never empty.
  /// - Throws: `notFound`; `damaged` when the object ends before `range` does.
  func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8]

  /// Size in bytes.
  func size(of name: ObjectName) async throws -> Int

  /// All objects of a kind, in no order. Foreign files and unfinished ones are left out; a missing folder holds none.
  func names(of kind: ObjectName.Kind) async throws -> [StoredObject]

  /// - Throws: `notFound` if it is not there (any more).
  func remove(_ name: ObjectName) async throws

  /// Tries what this place really does. `triedTraits` does it with the verbs above; a store that can find out more, or with less left
  /// behind, has its own way.
  ///
  /// - Parameter bytes: what it is tried with: a sealed lock of this run (`Repository.traits`). Should it stay behind, everyone takes it for what
  ///   it is, a lock that was abandoned; anything else in its place would stop every program until a person removes it.
  func traits(trying bytes: [UInt8]) async throws -> StoreTraits

  /// Removes unfinished files of runs that were killed more than a day ago; listings never show them, they only take space.
  ///
  /// - Parameter now: seconds since 1970, as file times count.
  /// - Returns: how many files went.
  func removeLeftovers(now: Int) async throws -> Int
}

/// One row of a store's listing.
package struct StoredObject: Hashable, Sendable {
  package let name: ObjectName
  /// Size in bytes.
  package let byteCount: Int

  package init(name: ObjectName, byteCount: Int) {
    self.name = name
    self.byteCount = byteCount
  }
}

extension BlobStore {
  package var showsAtOnce: Bool { false }

  /// A store without unfinished files has none to remove.
  package func removeLeftovers(now: Int) async throws -> Int { 0 }

  package func bytes(of name: ObjectName) async throws -> [UInt8] { try await bytes(of: name, in: nil) }

  /// Whether the object is there. Errors other than `notFound` are thrown.
  package func contains(_ name: ObjectName) async throws -> Bool {
    do {
      _ = try await size(of: name)
      return true
    } catch let error as StoreError where error.kind == .notFound {
      return false
    }
  }
}
