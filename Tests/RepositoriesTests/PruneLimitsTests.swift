import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// What a prune leaves alone, and what it tidies up.
struct PruneLimitsTests {
  @Test func `rewriting is bounded, and goes on where it stopped`() async throws {
    let copy = try await newRepository(in: MemoryStore())[0]
    let history = try await PruneHistory(in: [copy], seed: 11)
    var limits = PruneLimits.small
    limits.maxRewritten = 4000
    limits.maxUnused = .percent(0)

    let first = try await prune(copy, removing: Array(history.ids[..<4]), limits)
    #expect((1...4000).contains(first.plan.bytesMoved) && first.plan.bytesUnused > 0)
    var moved = first.plan.bytesMoved
    var runs = 1
    while runs < 10 {
      let next = try await prune(copy, limits)
      #expect(next.plan.bytesMoved <= 4000)
      moved += next.plan.bytesMoved
      runs += 1
      if next.plan.isEmpty { break }
    }

    #expect(runs > 2 && moved > 4000)
    #expect(try await Prune(copy, limits: limits).plan().bytesUnused == 0)
    try await expectNoErrors(copy, notes: false)
  }

  @Test(arguments: [PruneLimits.Unused.percent(99), .bytes(1 << 20)])
  func `unused space that may stay is not bought with rewriting`(_ unused: PruneLimits.Unused) async throws {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    let history = try await PruneHistory(in: [copy], seed: 12)
    let before = store.names(of: .pack)
    var limits = PruneLimits.small
    limits.maxUnused = unused
    limits.smallPacks = 100

    let (plan, result) = try await prune(copy, removing: Array(history.ids[..<4]), limits)

    #expect(plan.bytesUnused > 0 && plan.unusedPacks > 0)
    let moved = Set(store.names(of: .pack)).subtracting(before)
    #expect(moved.count == result.packsWritten && moved.allSatisfy { $0.byteCount < 3000 }, "only folders move")
    try await expectNoErrors(copy, notes: false)
  }

  @Test func `many small packs and indexes become few`() async throws {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    var ids: [ContentID] = []
    for day in 0..<30 {
      let files = (0...day).map { SampleFile("f\($0)", Array("content \($0)".utf8)) }
      ids.append(try await writeSnapshot(of: files, to: [copy], time: sampleTime.advanced(by: .seconds(day * 86400)), limits: .init()).id)
    }
    let before = try await contents(of: ids, in: copy)
    #expect(store.names(of: .pack).count == 60 && store.names(of: .index).count == 30)

    let (plan, _) = try await prune(copy, PruneLimits())

    #expect(plan.rewrittenPacks == 60)
    #expect(store.names(of: .pack).count == 2 && store.names(of: .index).count == 1)
    #expect(try await contents(of: ids, in: copy) == before)
    #expect(try await prune(copy, PruneLimits()).plan.isEmpty)
  }

  @Test func `packs in no index go, and a damaged leftover does not pass for what is written now`() async throws {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    let history = try await PruneHistory(in: [copy], seed: 13)
    // Cut short before the first new index, when all new packs are there.
    let cut = FaultyIndexes(store: store)
    await #expect(throws: StoreError.self) {
      try await prune(
        Repository.open(cut, password: testPassword, surroundings: .here()), removing: Array(history.ids[..<4]))
    }
    let indexed = try await RepositoryIndex.load(copy).packIDs
    let leftovers = store.names(of: .pack).filter { !indexed.contains($0.name.id!) }  // packs have ids
    #expect(!leftovers.isEmpty)
    var damaged = try store.bytes(of: leftovers[0].name, in: nil)
    damaged[damaged.count / 2] ^= 1
    store.overwrite(leftovers[0].name, with: damaged)
    let foreign = ObjectName.pack(ContentID(hashing: [9]))
    try store.put([9], as: foreign)

    let (plan, _) = try await prune(copy)

    #expect(plan.unindexedPacks == leftovers.count + 1)
    #expect(try await !store.contains(foreign))
    for leftover in leftovers { #expect(try await store.contains(leftover.name), "made again, byte for byte") }
    try await expectNoErrors(copy, notes: false)
  }

  @Test func `blobs with two places lose one of them`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    let files = (0..<12).map { number in
      SampleFile("f\(number)", Array("content \(number) ".utf8) + [UInt8](repeating: 7, count: number * 40))
    }
    let first = try await writeSnapshot(of: files, to: [copies[0]]).id
    // Both store everything again, and the first has it twice.
    let second = try await writeSnapshot(of: files, to: copies, time: sampleTime.advanced(by: .seconds(60))).id
    let before = try await contents(of: [first, second], in: copies[0])
    let bytes = try await stores[0].byteCount(of: .pack)

    let (plan, _) = try await prune(copies[0])

    #expect(plan.bytesFreed > bytes / 3)
    #expect(try await contents(of: [first, second], in: copies[0]) == before)
    try await expectNoErrors(copies[0], notes: false)
  }
}

/// A store that takes no index.
private struct FaultyIndexes: BlobStore {
  let store: MemoryStore

  var address: String { store.address }

  func createLayout() {}
  func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] { try store.bytes(of: name, in: range) }
  func size(of name: ObjectName) throws -> Int { try store.size(of: name) }
  func names(of kind: ObjectName.Kind) -> [StoredObject] { store.names(of: kind) }
  func remove(_ name: ObjectName) throws { try store.remove(name) }

  func put(_ bytes: [UInt8], as name: ObjectName) throws {
    guard name.kind != .index else { throw StoreError(.unreachable, "no index on purpose") }
    try store.put(bytes, as: name)
  }
}
