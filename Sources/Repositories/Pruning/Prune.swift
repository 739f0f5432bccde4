package import Primitives
import ResticFormat
import Stores

/// Removes snapshots from one copy and frees what only they needed. Hold an exclusive lock from `plan` to the end of `run`.
///
/// Whatever moment it is cut short at, stock `restic check` finds at most packs nobody needs and blobs with two places, and the next prune tidies
/// that up:
/// 1. Snapshots go. Nothing else has changed yet.
/// 2. What is still needed of packs that are mostly waste is put into new packs. No index names them yet.
/// 3. New index files name the new packs and all that stay. Blobs that moved have two places.
/// 4. Old index files go, then the packs that no index names any more.
package struct Prune: Sendable {
  /// Objects removed at once.
  private static let removalsAtOnce = 8

  let repository: Repository
  let removing: Set<ContentID>
  let limits: PruneLimits
  let progress: @Sendable (PruneProgress) -> Void

  package init(
    _ repository: Repository, removing: Set<ContentID> = [], limits: PruneLimits = PruneLimits(),
    progress: @escaping @Sendable (PruneProgress) -> Void = { _ in }
  ) {
    self.repository = repository
    self.removing = removing
    self.limits = limits
    self.progress = progress
  }

  package struct Result: Sendable, Equatable {
    package internal(set) var snapshotsRemoved = 0
    package internal(set) var packsRemoved = 0
    package internal(set) var packsWritten = 0
    package internal(set) var indexesRemoved = 0
    package internal(set) var indexesWritten = 0
    package internal(set) var bytesRead = 0
    /// Packs and indexes.
    package internal(set) var bytesWritten = 0
    /// Packs; their space is free.
    package internal(set) var bytesRemoved = 0

    package init() {}
  }

  /// - Throws: `StoreError.denied` before anything is written if the place lets nothing be removed.
  package func run(_ plan: PrunePlan) async throws -> Result {
    guard !plan.isEmpty else { return Result() }
    var result = Result()
    if plan.removedSnapshots.isEmpty { try await refuseProtected() }
    // The oldest first: where it is refused, nothing has changed.
    for (number, stored) in plan.removedSnapshots.enumerated() {
      try await remove(.snapshot(stored.id))
      result.snapshotsRemoved += 1
      progress(PruneProgress(step: .forgetting, done: number + 1, total: plan.removedSnapshots.count))
    }
    var moving = PackMoving(repository, limits, leftovers: plan.leavingPacks, total: plan.bytesMoved, progress: progress)
    try await moving.move(plan.moves)
    result.packsWritten = moving.packs.count
    result.bytesRead = moving.bytesRead
    result.bytesWritten = moving.bytesWritten

    var indexing = IndexReplacing(repository, plan, limits, progress: progress)
    try await indexing.write(moving.packs)
    result.indexesWritten = indexing.written.count
    result.bytesWritten += indexing.bytesWritten

    // An object's name is its content: what was written anew can be what was there, and stays then.
    let leavingFiles = plan.replacedFiles.map(\.name).filter { !indexing.written.contains($0) }
    let newPacks = Set(moving.packs.map { ObjectName.pack($0.id) })
    let leavingPacks = plan.leavingPacks.filter { !newPacks.contains($0.name) }
    let total = leavingFiles.count + leavingPacks.count
    try await remove(leavingFiles, done: 0, of: total)
    result.indexesRemoved = leavingFiles.count
    try await remove(leavingPacks.map(\.name), done: leavingFiles.count, of: total)
    result.packsRemoved = leavingPacks.count
    result.bytesRemoved = leavingPacks.reduce(0) { $0 + $1.byteCount }
    return result
  }

  /// Where nothing can be removed, what is written into new packs would only be added.
  private func refuseProtected() async throws {
    let store = repository.store
    guard try await repository.traits().removal == .refused else { return }
    throw StoreError(.denied, "store '\(store.address)' lets nothing be removed")
  }

  private func remove(_ names: [ObjectName], done: Int, of total: Int) async throws {
    var done = done
    for start in stride(from: 0, to: names.count, by: Self.removalsAtOnce) {
      let part = names[start..<min(start + Self.removalsAtOnce, names.count)]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for name in part { group.addTask { try await remove(name) } }
        try await group.waitForAll()
      }
      done += part.count
      progress(PruneProgress(step: .removing, done: done, total: total))
    }
  }

  private func remove(_ name: ObjectName) async throws {
    try Task.checkCancellation()
    do { try await repository.store.remove(name) } catch let error as StoreError where error.kind == .notFound {
      return  // an answer that got lost, or a store that lists what it removed a while longer
    }
  }
}
