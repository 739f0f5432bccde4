import Primitives
import ResticFormat
import Stores

/// Which blobs the kept snapshots need, by the index's numbers: one byte a blob, however many snapshots name it.
struct UsedBlobs: Sendable {
  /// Trees fetched at once.
  private static let window = 16

  private(set) var flags: [Bool]
  private let index: PruneIndex
  private let repository: Repository
  private var waiting: [ContentID] = []

  /// Visits every tree that the snapshots need, once.
  ///
  /// - Throws: `damaged` if something they need is not there: then nothing may be removed that could help to repair it.
  init(
    of snapshots: [StoredSnapshot], in repository: Repository, _ index: PruneIndex, progress: (_ done: Int, _ total: Int) -> Void
  ) async throws {
    flags = Array(repeating: false, count: index.blobCount)
    self.index = index
    self.repository = repository
    for (position, stored) in snapshots.enumerated() {
      let owner = ObjectName.snapshot(stored.id).description
      try use(BlobHandle(stored.snapshot.tree, .tree), for: owner)
      while !waiting.isEmpty { try await visit(for: owner) }
      progress(position + 1, snapshots.count)
    }
  }

  private mutating func visit(for owner: String) async throws {
    try Task.checkCancellation()
    let trees = waiting.suffix(Self.window)
    waiting.removeLast(trees.count)
    let index = index
    let repository = repository
    let loaded = try await withThrowingTaskGroup(of: Tree.self) { group in
      for tree in trees { group.addTask { try await repository.tree(tree, index) } }
      return try await group.reduce(into: [Tree]()) { $0.append($1) }
    }
    for node in loaded.lazy.flatMap(\.nodes) {
      if let subtree = node.subtree { try use(BlobHandle(subtree, .tree), for: owner) }
      for id in node.content { try use(BlobHandle(id, .data), for: owner) }
    }
  }

  private mutating func use(_ handle: BlobHandle, for owner: String) throws {
    guard let number = index.number(of: handle) else {
      throw PrunePlan.damage("\(owner) needs \(handle), which no index names", in: repository)
    }
    guard !flags[number] else { return }
    guard index.presentPlace(of: number) != nil else {
      let pack = ObjectName.pack(index.packs[index.firstPlace(of: number).pack].id)
      throw PrunePlan.damage("\(owner) needs \(handle) of \(pack), which is missing or not whole", in: repository)
    }
    flags[number] = true
    if handle.kind == .tree { waiting.append(handle.id) }
  }
}

extension Repository {
  fileprivate func tree(_ id: ContentID, _ index: PruneIndex) async throws -> Tree {
    let handle = BlobHandle(id, .tree)
    guard let place = index.number(of: handle).flatMap(index.presentPlace) else {
      preconditionFailure("only trees that are there are visited")
    }
    let pack = ObjectName.pack(index.packs[place.pack].id)
    let sealed = try await store.bytes(of: pack, in: place.blob.offset..<place.blob.offset + place.blob.length)
    do {
      return try Tree.decode(sealing.open(sealed, as: id, uncompressedLength: place.blob.uncompressedLength))
    } catch {
      throw PrunePlan.damage("\(handle) of \(pack): \(error.summary)", in: self)
    }
  }
}
