package import Primitives
import ResticFormat
import Stores

/// What one copy holds: to see what it lacks and what others can give it.
package struct Inventory: Sendable {
  package let repository: Repository
  /// Those that can be read, oldest first.
  package let snapshots: [StoredSnapshot]
  /// Where blobs lie, in packs that are there.
  package let index: RepositoryIndex
  /// Sizes of the packs that are there.
  package let packs: [ContentID: Int]
  /// How many packs an index names that are not there.
  package let missingPacks: Int

  /// Of several copies, in their order; one copy's failure leaves the others theirs.
  ///
  /// Listed in an order that holds while others write: what a snapshot needs is in the lists made after it.
  package static func take(of copies: [Repository]) async throws -> [Result<Inventory, any Error>] {
    let snapshots = try await attempt(copies) { try await $0.snapshots().snapshots }
    let indexes = try await RepositoryIndex.loadEach(copies)
    let packs = try await attempt(copies) { copy in
      Dictionary(try await copy.store.names(of: .pack).compactMap { object in object.name.id.map { ($0, object.byteCount) } }) { $1 }
    }
    var inventories: [Result<Inventory, any Error>] = []
    for (position, copy) in copies.enumerated() {
      do {
        inventories.append(
          .success(try await of(copy, snapshots[position].get(), indexes[position].get(), packs[position].get())))
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        inventories.append(.failure(error))
      }
    }
    return inventories
  }

  /// Those of all copies, oldest first.
  package static func snapshots(of inventories: [Inventory]) -> [StoredSnapshot] {
    var snapshots: [ContentID: StoredSnapshot] = [:]
    for stored in inventories.flatMap(\.snapshots) { snapshots[stored.id] = stored }
    return snapshots.values.sorted { ($0.snapshot.time, $0.id) < ($1.snapshot.time, $1.id) }
  }

  private static func of(
    _ copy: Repository, _ snapshots: [StoredSnapshot], _ index: RepositoryIndex, _ packs: [ContentID: Int]
  ) async throws -> Inventory {
    let missing = index.packIDs.filter { packs[$0] == nil }.count
    var index = index
    if missing > 0 {
      let (there, damage) = try await RepositoryIndex.loadTolerating(copy) { packs[$0] != nil }
      if let first = damage.first { throw first }
      index = there
    }
    return Inventory(repository: copy, snapshots: snapshots, index: index, packs: packs, missingPacks: missing)
  }

  private static func attempt<Value: Sendable>(
    _ copies: [Repository], _ body: @escaping @Sendable (Repository) async throws -> Value
  ) async throws -> [Result<Value, any Error>] {
    try await AtOnce.map(copies, atMost: copies.count) { copy in
      do { return .success(try await body(copy)) } catch {
        try Task.checkCancellation()
        return .failure(error)
      }
    }
  }
}
