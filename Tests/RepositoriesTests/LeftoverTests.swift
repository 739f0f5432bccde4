import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// What a run that was cut off had sent is not sent again.
struct LeftoverTests {
  private static let count = 24
  private static let files = blobs(packs: count, seed: 1).map { SampleFile("\($0[0])-\($0[1])-\($0[2])", $0) }

  private struct Cut: Error {}

  /// A run that ends, without a goodbye, when `packs` packs are in the first store.
  private func cutOff(_ copies: [Repository], after packs: Int, in store: MemoryStore) async throws {
    let indexes = copies.map { _ in RepositoryIndex() }
    await #expect(throws: Cut.self) {
      try await PackWriter.run(to: copies, indexes: indexes, limits: .small) { writer in
        for file in Self.files.prefix(packs) { _ = try await writer.save(file.bytes, as: .data) }
        #expect(try await reaches { store.names(of: .pack).count == packs })
        throw Cut()
      }
    }
  }

  @Test func `each pack goes to a lone store once, however often the run is cut off`() async throws {
    let memory = MemoryStore()
    let store = RecordingStore(memory)
    let copies = try await newRepository(in: store)
    try await cutOff(copies, after: 10, in: memory)
    #expect(memory.names(of: .index).isEmpty)
    let before = store.bytesPut(.pack)
    #expect(before > 10 * 3000)
    store.forgetCalls()

    let summary = try await resumedSnapshot(of: Self.files, to: copies)

    #expect(summary.statistics.knownBlobs == 10)
    // What is left of the files, and two folders.
    #expect(store.bytesPut(.pack) < (Self.count - 10) * 3100 + 4000, "\(store.bytesPut(.pack))")
    #expect(memory.contents.filter { $0.key.kind == .pack }.values.reduce(0) { $0 + $1.count } == before + store.bytesPut(.pack))
    try await expectSound(memory)
  }

  @Test func `what only one store got is copied to the others from there`() async throws {
    let memory = [MemoryStore(address: "fast"), MemoryStore(address: "slow")]
    let opened = try await newRepository(in: memory[0], memory[1])
    let gate = Gate()
    try await cutOff([opened[0], opened[1].with(store: SlowStore(memory[1], sleep: gate.pass))], after: 15, in: memory[0])
    #expect(memory[1].names(of: .pack).isEmpty)
    let left = Set(memory[0].names(of: .pack).map(\.name))
    let fast = RecordingStore(memory[0])
    let slow = RecordingStore(memory[1])

    let summary = try await resumedSnapshot(of: Self.files, to: [opened[0].with(store: fast), opened[1].with(store: slow)])

    #expect(summary.completed == ["fast", "slow"])
    #expect(summary.statistics.knownBlobs == 15)
    #expect(fast.puts(.pack).count == memory[0].names(of: .pack).count - 15)
    // Of the new ones some are read back, too, where the other store lags behind on a busy machine.
    #expect(fast.packNamesRead.filter(left.contains).sorted { $0.path < $1.path } == left.sorted { $0.path < $1.path })
    #expect(memory[0].contents == memory[1].contents)
    for store in memory { try await expectSound(store) }
  }

  @Test func `what is damaged or cut short is not taken up`() async throws {
    let memory = MemoryStore()
    let copies = try await newRepository(in: memory)
    try await cutOff(copies, after: 4, in: memory)
    let names = memory.names(of: .pack).map(\.name).sorted { $0.path < $1.path }
    let whole = try names.map { try memory.bytes(of: $0, in: nil) }
    memory.overwrite(names[0], with: Array(whole[0].dropLast(5)))
    memory.overwrite(names[1], with: whole[1].enumerated().map { $0 == whole[1].count - 20 ? $1 ^ 1 : $1 })
    memory.overwrite(names[2], with: [])

    let inventories = try await Inventory.take(of: copies).map { try $0.get() }
    let found = try await Leftover.find(in: inventories, indexes: inventories.map(\.index))

    #expect(found.map(\.object.name) == [names[3]])
    _ = try await resumedSnapshot(of: Self.files, to: copies)
    for name in names.prefix(3) { try memory.remove(name) }
    try await expectSound(memory)
  }

  @Test func `the header of a pack of many small blobs is read too`() async throws {
    let memory = MemoryStore()
    let copies = try await newRepository(in: memory)
    var limits = PackWriter.Limits()
    limits.packSize = 40_000
    var random = SeededRandom(seed: 8)
    let all = (0..<400).map { _ in random.bytes(80) }
    await #expect(throws: Cut.self) {
      try await PackWriter.run(to: copies, indexes: [RepositoryIndex()], limits: limits) { writer in
        for blob in all { _ = try await writer.save(blob, as: .data) }
        #expect(try await reaches { memory.names(of: .pack).count == 1 })
        throw Cut()
      }
    }

    let inventories = try await Inventory.take(of: copies).map { try $0.get() }
    let found = try await Leftover.find(in: inventories, indexes: inventories.map(\.index))

    #expect(try #require(found.first).pack.blobs.count > 300)
  }

  @Test func `packs of somebody who is at work are left alone`() async throws {
    let memory = MemoryStore()
    let copies = try await newRepository(in: memory)
    try await cutOff(copies, after: 4, in: memory)
    let other = try await Repository.open(memory, password: testPassword, surroundings: .here(processID: 1))
    let find: @Sendable () async throws -> Int = {
      let inventories = try await Inventory.take(of: copies).map { try $0.get() }
      return try await Leftover.find(in: inventories, indexes: inventories.map(\.index)).count
    }

    try await copies[0].withLock(.shared) {
      #expect(try await find() == 4)
      let besideAnother = try await other.withLock(.shared) { try await find() }
      #expect(besideAnother == 0)
    }
  }

  private func expectSound(_ store: MemoryStore) async throws {
    let copy = try await reopened([store])[0]
    let report = try await RepositoryCheck(copy, reading: .all).run()
    #expect(report.isSound, "\(store.address): \(report.findings)")
    for stored in try await copy.snapshots().snapshots { #expect(try await readFiles(stored.snapshot, from: copy).count == Self.count) }
  }
}
