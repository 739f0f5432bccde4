import SystemPackage
import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// What is not at a sibling under the same name.
struct RepairFallbackTests {
  /// Stock restic packs the second copy anew: what the first one lost has other names there.
  @Test(arguments: [Damage.deleted, .flipped, .cut])
  func `what a sibling was pruned into other packs is taken over blob by blob, and stock restic agrees`(_ damage: Damage) async throws {
    try await withTemporaryFolder { folder in
      let stores = ["a", "b"].map { FolderStore(folder.appending($0)) }
      let copies = try await newRepository(in: stores[0], stores[1])
      var random = SeededRandom(seed: 6)
      let files = (0..<6).map { SampleFile("f\($0)", random.bytes(40_000)) }
      var limits = PackWriter.Limits.small
      limits.packSize = 100_000
      let first = try await writeSnapshot(of: files, to: copies, limits: limits)
      try await writeSnapshot(of: Array(files[1...4]), to: copies, time: sampleTime.advanced(by: .seconds(60)), limits: limits)
      try StockRestic(repository: stores[1].address).run("forget", "--prune", "--max-unused", "0", first.id.hex)
      let packs = try Self.memory(stores[0]).names(of: .pack).filter { $0.byteCount > 50_000 }.map(\.name)
      let others = Set(try stores[1].names(of: .pack).map(\.name))
      let pack = try #require(packs.first { !others.contains($0) })
      let whole = try await readableFiles(of: stores[0], among: [])
      let memory = try Self.memory(stores[0])
      try damage.apply(to: pack, in: memory, at: 20)
      try Self.write(memory, pack, to: stores[0])
      let readable = try await readableFiles(of: stores[0], among: [])

      let report = try await repair(stores[0], stores[1])

      let after = try await readableFiles(of: stores[0], among: [])
      #expect(after.isSuperset(of: readable))
      // What can be read where it lies stays there.
      let isGained = after.count > readable.count
      #expect(report.healed.contains { $0.name.kind == .pack && $0.how == .rebuilt } == isGained, "\(report)")
      let second = try await copies[0].snapshots().snapshots[1].id.short
      #expect(after.filter { $0.hasPrefix(second) } == whole.filter { $0.hasPrefix(second) })
      // Whether the first snapshot is whole depends on what the damaged pack still had of it; what is lost is named, with its path.
      #expect(report.isSound == (after == whole))
      let lost = whole.subtracting(after).map { "/files/" + $0.split(separator: "/")[1] }
      for path in lost { #expect(report.remaining.contains { $0.object.hasSuffix(path) }, "\(path): \(report.remaining)") }
      if report.isSound {
        try StockRestic(repository: stores[0].address).run("check", "--read-data")
        #expect(try await !stores[0].contains(pack))
      }
      #expect(try await repair(stores[1], stores[0]).isSound)
    }
  }

  @Test func `without any sibling a damaged index is made anew from the packs`() async throws {
    let store = try await sampleCopies(1)[0]
    let whole = try await readableFiles(of: store, among: [])
    let indexes = store.all(.index)
    try Damage.flipped.apply(to: indexes[0], in: store)
    try Damage.deleted.apply(to: indexes[1], in: store)

    let report = try await repair(store)

    #expect(report.isSound, "\(report.remaining)")
    #expect(report.healed.contains { $0.name == indexes[0] && $0.how == .dropped })
    #expect(try await check(store).isSound)
    #expect(try await readableFiles(of: store, among: []) == whole)
  }

  @Test func `an index that no copy has any more is made anew, and missing packs it named are fetched`() async throws {
    let stores = try await sampleCopies()
    let whole = try await readableFiles(of: stores[0], among: [])
    for name in stores[0].all(.index) { try Damage.flipped.apply(to: name, in: stores[0]) }
    try Damage.deleted.apply(to: stores[0].all(.pack)[0], in: stores[0])
    // The sibling has the same packs under an index of its own.
    for name in stores[1].all(.index).dropFirst() { try Damage.deleted.apply(to: name, in: stores[1]) }
    #expect(try await repair(stores[1]).isSound)

    let report = try await repair(stores[0], stores[1])

    #expect(report.isSound, "\(report.remaining)")
    #expect(try await readableFiles(of: stores[0], among: []) == whole)
    #expect(try await check(stores[0]).isSound)
  }

  @Test func `an index and a pack it names, both gone, come back byte for byte`() async throws {
    for number in 0..<3 {
      let stores = try await sampleCopies()
      let copy = try await openFamily(stores)[0]
      let index = stores[0].all(.index)[number]
      let before = try await RepositoryIndex.load(copy).packIDs
      try stores[0].remove(index)
      let packs = before.subtracting(try await RepositoryIndex.load(copy).packIDs)
      for pack in packs { try stores[0].remove(.pack(pack)) }

      let report = try await repair(stores[0], stores[1])

      #expect(report.isSound, "\(report.remaining)")
      #expect(stores[0].contents == stores[1].contents)
    }
  }

  @Test func `a snapshot that was forgotten here does not come back, nor does one that has not come yet`() async throws {
    try await withTemporaryFolder { folder in
      let stores = ["a", "b"].map { FolderStore(folder.appending($0)) }
      let copies = try await newRepository(in: stores[0], stores[1])
      let old = try await writeSnapshot(of: [SampleFile("old", [1, 2, 3])], to: copies)
      try await writeSnapshot(of: [SampleFile("new", [4, 5])], to: copies, time: sampleTime.advanced(by: .seconds(60)))
      try StockRestic(repository: stores[0].address).run("forget", "--prune", "--max-unused", "0", old.id.hex)
      let ahead = try await writeSnapshot(of: [SampleFile("newer", [6])], to: [copies[1]], time: sampleTime.advanced(by: .seconds(90)))
      let before = try Self.memory(stores[0]).kept

      let report = try await repair(stores[0], stores[1])

      #expect(report.isSound && report.healed.isEmpty, "\(report.healed)")
      #expect(Set(report.remaining.compactMap(\.name)) == [.snapshot(old.id), .snapshot(ahead.id)])
      #expect(try Self.memory(stores[0]).kept == before)
    }
  }

  @Test func `an append-only place is healed where something is missing, and says what it refuses`() async throws {
    let stores = try await sampleCopies()
    let flipped = [stores[0].all(.pack)[0], stores[0].all(.snapshot)[0], .config]
    for name in flipped { try Damage.flipped.apply(to: name, in: stores[0]) }
    let missing = [stores[0].all(.pack)[1], stores[0].all(.index)[0], stores[0].all(.key)[0]]
    for name in missing { try stores[0].remove(name) }
    let damaged = stores[0].contents

    let report = try await repair(AppendOnlyStore(store: stores[0]), stores[1])

    #expect(Set(report.healed.map(\.name)) == Set(missing))
    for name in flipped {
      #expect(stores[0].contents[name] == damaged[name])
      let finding = report.remaining.first { $0.name == name && $0.severity == .error }
      #expect(finding != nil, "\(name): \(report.remaining)")
    }
    #expect(report.remaining.contains { $0.remedy?.contains("append-only") == true }, "\(report.remaining)")
    for name in missing { #expect(stores[0].contents[name] == stores[1].contents[name]) }
    #expect(try await repair(stores[0], stores[1]).isSound, "with an access that may")
    #expect(stores[0].contents == stores[1].contents)
  }

  @Test func `an empty place, a place that is away and another repository are never taken for damaged copies`() async throws {
    let stores = try await sampleCopies()
    let empty = MemoryStore(address: "empty")
    let other = MemoryStore(address: "other")
    _ = try await newRepository(in: other)
    let away = FaultyStore(MemoryStore(address: "away"), failingCalls: 1...Int.max)
    try stores[1].remove(.config)

    let family = try await RepositoryFamily.open(
      [stores[0], empty, other, away, stores[1]], password: testPassword, surroundings: .here())

    #expect(family.copies.map(\.address) == ["copy 0", "copy 1"])
    #expect(family.failures.map(\.address) == ["empty", "other", "away"])
    await #expect(throws: RepositoryError.self) {
      _ = try await RepositoryFamily.open([empty, other], password: "wrong", surroundings: .here())
    }
  }

  // MARK: Folders as memory

  private static func memory(_ store: FolderStore) throws -> MemoryStore {
    let memory = MemoryStore()
    for kind in ObjectName.Kind.allCases {
      for object in try store.names(of: kind) { memory.overwrite(object.name, with: try store.bytes(of: object.name, in: nil)) }
    }
    return memory
  }

  private static func write(_ memory: MemoryStore, _ name: ObjectName, to store: FolderStore) throws {
    try store.remove(name)
    if let bytes = memory.contents[name] { try store.put(bytes, as: name) }
  }
}
