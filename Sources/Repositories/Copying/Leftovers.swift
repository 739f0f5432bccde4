import Primitives
package import ResticFormat
package import Stores

/// Whole packs that no index names: a run that was cut off had sent them. The next run takes them up instead of sending them again.
///
/// A pack is adopted once its header opens with the master key and accounts for every byte; stores never show a part of one. It is
/// left alone where somebody else holds a lock: it may be on its way to another index. Adopting it would do no harm (restic
/// and we accept a pack in two indexes, and nobody can prune while a lock is there), but it would be sent to other copies twice.
package struct Leftover: Sendable {
  package let pack: IndexedPack
  package let object: StoredObject
  /// Positions of the copies that have it.
  package let holders: Set<Int>

  private static let headersAtOnce = 8
  /// Enough for the header of a pack of data.
  private static let tail = 4096

  /// - Parameters:
  ///   - inventories: of copies that we hold a lock on.
  ///   - indexes: what each copy has, or will have once it got its backlog.
  package static func find(in inventories: [Inventory], indexes: [RepositoryIndex]) async throws -> [Leftover] {
    var found: [Found] = []
    var seen: Set<ContentID> = []
    for (inventory, index) in zip(inventories, indexes) {
      let orphans = Set(inventory.packs.keys).subtracting(index.packIDs).subtracting(seen)
      guard !orphans.isEmpty, try await isAlone(in: inventory.repository) else { continue }
      seen.formUnion(orphans)
      found += orphans.sorted().map { Found(id: $0, size: inventory.packs[$0] ?? 0, repository: inventory.repository) }
    }
    return try await AtOnce.map(found, atMost: headersAtOnce) { found in
      try await found.header().map { blobs in
        Leftover(
          pack: IndexedPack(id: found.id, blobs: blobs), object: StoredObject(name: .pack(found.id), byteCount: found.size),
          holders: Set(inventories.indices.filter { inventories[$0].packs[found.id] == found.size }))
      }
    }.compactMap { $0 }
  }

  /// A store that cannot be asked shows what is wrong with it when it is written to; the others go on.
  private static func isAlone(in repository: Repository) async throws -> Bool {
    do { return try await repository.store.names(of: .lock).count <= 1 } catch {
      try Task.checkCancellation()
      return false
    }
  }

  private struct Found: Sendable {
    let id: ContentID
    let size: Int
    let repository: Repository

    /// - Returns: `nil` for a pack that is damaged or cannot be read: then it is no use.
    func header() async throws -> [PackedBlob]? {
      do {
        var start = max(0, size - Leftover.tail)
        var tail = try await bytes(from: start)
        let length = try PackHeader.sealedByteCount(tail: tail, packSize: size)
        let end = size - PackHeader.lengthByteCount
        if end - length < start {
          start = end - length
          tail = try await bytes(from: start)
        }
        return try PackHeader.read(sealed: tail[end - length - start..<end - start], packSize: size, with: repository.masterKey)
      } catch is FormatError {
        return nil
      } catch {
        try Task.checkCancellation()
        return nil
      }
    }

    private func bytes(from start: Int) async throws -> [UInt8] {
      guard start < size else { return [] }
      return try await repository.store.bytes(of: .pack(id), in: start..<size)
    }
  }
}

/// What some copies of a run lack and others have; see `PackWriter.run`.
package struct Backlog: Sendable {
  /// By position of the copy.
  package let plans: [[CopyPlan]]
  package let leftovers: [Leftover]

  package init(plans: [[CopyPlan]] = [], leftovers: [Leftover] = []) {
    self.plans = plans
    self.leftovers = leftovers
  }
}
