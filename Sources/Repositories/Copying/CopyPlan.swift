import Primitives
package import ResticFormat
package import Stores

/// What one copy gets from another, so that some snapshots are whole there.
package struct CopyPlan: Sendable {
  package let source: Repository
  /// Those the target gets, oldest first.
  package let snapshots: [StoredSnapshot]
  /// Packs that hold a blob the target lacks, and are not there.
  package let packs: [StoredObject]
  /// What the target's indexes will name besides: these packs, and some that are there already.
  package let indexed: [IndexedPack]
  /// Index files that name nothing but what the target has or gets.
  let indexes: [StoredObject]
  /// Packs for which that is not so: they need an index of their own.
  let reindexed: [IndexedPack]
  let snapshotObjects: [StoredObject]

  package var bytes: Int { (packs + indexes + snapshotObjects).reduce(0) { $0 + $1.byteCount } }

  func newIndexes(for repository: Repository) -> [SealedObject] {
    var objects: [SealedObject] = []
    var rest = reindexed[...]
    while !rest.isEmpty {
      let file = IndexFile.prefix(of: rest)
      objects.append(repository.seal(IndexFile.encode(Array(file)), as: .index))
      rest = rest.dropFirst(file.count)
    }
    return objects
  }
}

/// Finds out what a copy lacks. Goes by blobs, because copies may have been pruned differently.
package struct CopyPlanner: Sendable {
  private static let indexesAtOnce = 4

  package let target: Inventory
  /// What the target will have once it got all that was planned.
  package let index: RepositoryIndex
  private var packs: [ContentID: Int]
  private var snapshots: Set<ContentID>
  /// Snapshots a source lists and cannot give whole.
  package private(set) var damaged: [RepositoryError] = []

  package init(for target: Inventory) {
    self.target = target
    index = RepositoryIndex(copying: target.index)
    packs = target.packs
    snapshots = Set(target.snapshots.map(\.id))
  }

  /// Plans the snapshots that `source` has, that are wanted, and that the target neither has nor gets from a source before.
  ///
  /// - Returns: `nil` if there are none.
  package mutating func plan(from source: Inventory, wanted: (StoredSnapshot) -> Bool) async throws -> CopyPlan? {
    guard source.repository.isCopy(of: target.repository) else {
      throw RepositoryError(
        .differentRepositories,
        "'\(source.repository.address)' and '\(target.repository.address)' are not copies of one repository")
    }
    let candidates = source.snapshots.filter { !snapshots.contains($0.id) && wanted($0) }
    guard !candidates.isEmpty else { return nil }
    let (whole, blobs) = try await wholeOnes(of: candidates, in: source)
    guard !whole.isEmpty else { return nil }
    let needed = Set(blobs.filter { !index.contains($0) }.compactMap { source.index.location(of: $0)?.pack })
    let toSend = needed.filter { packs[$0] == nil || packs[$0] != source.packs[$0] }
    let there = packs.merging(needed.map { ($0, source.packs[$0] ?? 0) }) { $1 }
    let plan = try await plan(whole, needed, toSend, there, from: source)
    packs = there
    snapshots.formUnion(whole.map(\.id))
    index.add(plan.indexed)
    return plan
  }

  /// - Returns: the snapshots whose every tree can be read at the source, and all they need.
  private mutating func wholeOnes(
    of candidates: [StoredSnapshot], in source: Inventory
  ) async throws -> ([StoredSnapshot], Set<BlobHandle>) {
    var walk = TreeWalk(reader: RepositoryReader(source.repository, index: source.index))
    var whole: [StoredSnapshot] = []
    for stored in candidates {
      let before = walk
      walk.start(at: stored.snapshot.tree, of: ObjectName.snapshot(stored.id).description)
      while !walk.isDone { try await walk.step() }
      if let first = walk.findings.first {
        damaged.append(
          RepositoryError(
            .damaged,
            "\(ObjectName.snapshot(stored.id)) cannot be copied from '\(source.repository.address)': \(first.object) \(first.message)",
            hints: ["'akiba check' lists what is damaged there"]))
        walk = before
      } else {
        whole.append(stored)
      }
    }
    return (whole, walk.referenced)
  }

  private func plan(
    _ whole: [StoredSnapshot], _ needed: Set<ContentID>, _ toSend: Set<ContentID>, _ there: [ContentID: Int], from source: Inventory
  ) async throws -> CopyPlan {
    let repository = source.repository
    let files = try await repository.store.names(of: .index).sorted { $0.name.path < $1.name.path }
    let contents = try await AtOnce.map(needed.isEmpty ? [] : files, atMost: Self.indexesAtOnce) { file in
      let named = try await repository.indexedPacks(in: file.name)
      return needed.isDisjoint(with: named.map(\.id)) ? [] : named
    }
    var rest = needed
    var fitting: [StoredObject] = []
    var indexed: [IndexedPack] = []
    for (file, named) in zip(files, contents) where !rest.isDisjoint(with: named.map(\.id)) {
      // No index may name a pack that is not there: not one that the target's retention removed, not one that the source lost.
      guard named.allSatisfy({ there[$0.id] != nil }) else { continue }
      fitting.append(file)
      indexed += named.filter { needed.contains($0.id) }
      rest.subtract(named.map(\.id))
    }
    var reindexed: [IndexedPack] = []
    for pack in contents.joined() where rest.remove(pack.id) != nil { reindexed.append(pack) }
    indexed += reindexed
    let sizes = Dictionary(try await repository.store.names(of: .snapshot).map { ($0.name, $0.byteCount) }) { $1 }
    return CopyPlan(
      source: repository, snapshots: whole,
      packs: toSend.sorted().map { StoredObject(name: .pack($0), byteCount: source.packs[$0] ?? 0) }, indexed: indexed, indexes: fitting,
      reindexed: reindexed,
      snapshotObjects: whole.map { StoredObject(name: .snapshot($0.id), byteCount: sizes[.snapshot($0.id)] ?? 0) })
  }
}
