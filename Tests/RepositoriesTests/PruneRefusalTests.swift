import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// When a prune removes nothing at all.
struct PruneRefusalTests {
  @Test func `a pack that is missing is no reason to remove others`() async throws {
    let (store, copy, history) = try await repository(seed: 21)
    let needed = try await neededPack(of: history.ids[5], in: copy)
    try store.remove(.pack(needed))

    try await expectRefused(copy, store, removing: history, because: "which is missing or not whole")
  }

  @Test func `nor is one that was cut short`() async throws {
    let (store, copy, history) = try await repository(seed: 22)
    let needed = try await neededPack(of: history.ids[5], in: copy)
    store.overwrite(.pack(needed), with: Array(try store.bytes(of: .pack(needed), in: nil).dropLast()))

    try await expectRefused(copy, store, removing: history, because: "which is missing or not whole")
  }

  @Test func `nor an index or a snapshot that cannot be read`() async throws {
    for kind in [ObjectName.Kind.index, .snapshot] {
      let (store, copy, history) = try await repository(seed: 23)
      let name = kind == .snapshot ? .snapshot(history.ids[5]) : try #require(store.names(of: kind).first).name
      var bytes = try store.bytes(of: name, in: nil)
      bytes[bytes.count / 2] ^= 1
      store.overwrite(name, with: bytes)

      try await expectRefused(copy, store, removing: history, because: "another SHA-256")
    }
  }

  @Test func `a blob that no index names refuses it, too`() async throws {
    let (store, copy, history) = try await repository(seed: 24)
    for index in store.names(of: .index).dropFirst() { try store.remove(index.name) }

    try await expectRefused(copy, store, removing: history, because: "which no index names")
  }

  @Test func `what only removed snapshots needed may be missing`() async throws {
    let (store, copy, history) = try await repository(seed: 25)
    let needed = try await packs(of: history.ids[5], in: copy)
    let other = try #require(store.names(of: .pack).compactMap(\.name.id).first { !needed.contains($0) })
    try store.remove(.pack(other))

    try await prune(copy, removing: Array(history.ids[..<5]))

    try await expectNoErrors(copy, notes: false)
  }

  @Test func `a blob that is damaged where it has to move stops it before any pack goes`() async throws {
    let (store, copy, history) = try await repository(seed: 26)
    for needed in try await packs(of: history.ids[5], in: copy, withTrees: false) {
      var bytes = try store.bytes(of: .pack(needed), in: nil)
      for index in bytes.indices where index % 20 == 0 { bytes[index] ^= 1 }
      store.overwrite(.pack(needed), with: bytes)
    }
    let packs = Set(store.names(of: .pack))
    var limits = PruneLimits.small
    limits.maxUnused = .percent(0)
    limits.smallPacks = 0

    let error = await #expect(throws: RepositoryError.self) { try await prune(copy, removing: Array(history.ids[..<5]), limits) }

    #expect(error?.kind == .damaged && error?.hints.first?.contains("akiba repair") == true, "\(String(describing: error))")
    #expect(packs.isSubset(of: store.names(of: .pack)))
  }

  @Test func `where nothing can be removed nothing is written either`() async throws {
    let (store, copy, history) = try await repository(seed: 27)
    let protected = try await Repository.open(AppendOnlyStore(store: store), password: testPassword, surroundings: .here())
    let before = store.contents

    let error = await #expect(throws: StoreError.self) { try await prune(protected, removing: Array(history.ids[..<3])) }

    #expect(error?.kind == .denied)
    #expect(store.contents == before)
    // By another host, which may.
    try await prune(copy, removing: Array(history.ids[..<3]))
    try await expectNoErrors(copy, notes: false)
  }

  @Test func `nor where only unused space is to be freed`() async throws {
    let (store, _, history) = try await repository(seed: 28)
    for id in history.ids[..<4] { try store.remove(.snapshot(id)) }
    let protected = try await Repository.open(AppendOnlyStore(store: store), password: testPassword, surroundings: .here())
    let before = store.contents

    let error = await #expect(throws: StoreError.self) { try await prune(protected) }

    #expect(error?.kind == .denied)
    let added = store.contents.filter { before[$0.key] == nil }
    #expect(added.count == 1 && added.values.allSatisfy { $0.count < 500 }, "what the try of the place leaves")
  }

  @Test func `somebody else's lock keeps it away`() async throws {
    let (store, copy, history) = try await repository(seed: 29)
    let before = store.contents
    let other = try await Repository.open(store, password: testPassword, surroundings: .here(processID: 1))

    let error = try await other.withLock(.shared) {
      await #expect(throws: RepositoryError.self) { try await prune(copy, removing: Array(history.ids[..<3])) }
    }

    #expect(error?.kind == .locked)
    #expect(store.contents == before)
  }

  // MARK: Details

  private func repository(seed: UInt64) async throws -> (MemoryStore, Repository, PruneHistory) {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    return (store, copy, try await PruneHistory(in: [copy], seed: seed))
  }

  private func expectRefused(
    _ copy: Repository, _ store: MemoryStore, removing history: PruneHistory, because reason: String
  ) async throws {
    let before = store.contents
    let error = await #expect(throws: RepositoryError.self) { try await prune(copy, removing: Array(history.ids[..<3])) }
    #expect(error?.kind == .damaged)
    #expect(error?.summary.contains(reason) == true, "\(error?.summary ?? "")")
    #expect(error?.hints.isEmpty == false)
    #expect(store.contents == before)
  }

  /// A pack with data that a snapshot needs.
  private func neededPack(of id: ContentID, in copy: Repository) async throws -> ContentID {
    try #require(try await packs(of: id, in: copy).sorted().first)
  }

  /// Packs with the files' data of a snapshot, and its folders.
  private func packs(of id: ContentID, in copy: Repository, withTrees: Bool = true) async throws -> Set<ContentID> {
    let index = try await RepositoryIndex.load(copy)
    let reader = RepositoryReader(copy, index: index)
    let snapshot = try #require(try await copy.snapshots().snapshots.first { $0.id == id }).snapshot
    let folder = try #require(try await reader.node(at: "files", in: snapshot.tree)?.subtree)
    let blobs = try await reader.loadTree(folder).nodes.flatMap(\.content).map { BlobHandle($0, .data) }
    let trees = withTrees ? [BlobHandle(snapshot.tree, .tree), BlobHandle(folder, .tree)] : []
    let all = (blobs + trees).compactMap { index.location(of: $0)?.pack }
    return Set(all)
  }
}
