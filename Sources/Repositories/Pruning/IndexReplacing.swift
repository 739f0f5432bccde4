import Primitives
import ResticFormat
import Stores

/// Writes index files that take the place of others: what stays of those, and the new packs. One file's worth is in memory at a time.
struct IndexReplacing {
  /// Names of the new files.
  private(set) var written: Set<ObjectName> = []
  private(set) var bytesWritten = 0

  private let repository: Repository
  private let plan: PrunePlan
  private let limits: PruneLimits
  private let progress: @Sendable (PruneProgress) -> Void
  private var pending: [IndexedPack] = []
  private var pendingBlobs = 0

  init(_ repository: Repository, _ plan: PrunePlan, _ limits: PruneLimits, progress: @escaping @Sendable (PruneProgress) -> Void) {
    self.repository = repository
    self.plan = plan
    self.limits = limits
    self.progress = progress
  }

  mutating func write(_ newPacks: [IndexedPack]) async throws {
    let leaving = Set(plan.isLeaving.indices.filter { plan.isLeaving[$0] }.map { plan.index.packs[$0].id })
    var named = Set(plan.keptFiles.flatMap(\.packs).map { plan.index.packs[$0].id })
    // New packs whose names are old: a prune cut short had got as far as their index.
    let new = Set(newPacks.map(\.id))
    for (number, file) in plan.replacedFiles.enumerated() {
      try Task.checkCancellation()
      for pack in try await repository.packs(ofIndex: file.name) where !leaving.contains(pack.id) && !new.contains(pack.id) {
        if named.insert(pack.id).inserted { try await add(pack) }
      }
      progress(PruneProgress(step: .indexing, done: number + 1, total: plan.replacedFiles.count))
    }
    for pack in newPacks where !named.contains(pack.id) { try await add(pack) }
    try await flush()
  }

  private mutating func add(_ pack: IndexedPack) async throws {
    if pendingBlobs + pack.blobs.count > limits.blobsPerIndex { try await flush() }
    pending.append(pack)
    pendingBlobs += pack.blobs.count
  }

  private mutating func flush() async throws {
    guard !pending.isEmpty else { return }
    let object = repository.sealRepeatably(index: IndexFile.encode(pending))
    try await repository.store.put(object.bytes, as: object.name)
    written.insert(object.name)
    bytesWritten += object.bytes.count
    pending = []
    pendingBlobs = 0
  }
}
