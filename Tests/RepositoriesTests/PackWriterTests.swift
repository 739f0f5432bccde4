import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

struct PackWriterTests {
  @Test func `all copies get the same objects byte for byte, and each opens on its own`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b"), MemoryStore(address: "c")]
    let copies = try await newRepository(in: stores[0], stores[1], stores[2])

    let (_, summary) = try await writeSnapshot(of: Self.files(seed: 1), to: copies)

    #expect(stores[0].contents == stores[1].contents && stores[1].contents == stores[2].contents)
    #expect(summary.completed == ["a", "b", "c"])
    #expect(summary.failures.isEmpty)
    for store in stores {
      let opened = try await Repository.open(store, password: testPassword, surroundings: .here())
      try await Self.expectSound(opened)
    }
  }

  @Test func `packs are durable before their index, and the snapshot comes last`() async throws {
    let store = RecordingStore(MemoryStore())
    let copies = try await newRepository(in: store)
    store.forgetCalls()

    try await writeSnapshot(of: Self.files(seed: 2), to: copies)

    let kinds = store.calls.compactMap { call -> ObjectName.Kind? in if case .put(let name, _) = call { name.kind } else { nil } }
    #expect(kinds.last == .snapshot)
    #expect(kinds.filter { $0 == .index }.count == 1, "one index at the end")
    #expect(kinds.filter { $0 == .pack }.count > 3)
    var packs: Set<ContentID> = []
    let reopened = try await Repository.open(store, password: testPassword, surroundings: .here())
    for call in store.calls {
      guard case .put(let name, _) = call else { continue }
      if name.kind == .pack, let id = name.id { packs.insert(id) }
      if name.kind == .index { #expect(packs == (try await RepositoryIndex.load(reopened)).packIDs) }
    }
  }

  @Test func `known blobs are not stored again, and a second run with nothing new stores no pack`() async throws {
    let store = MemoryStore()
    let copies = try await newRepository(in: store)
    let (_, first) = try await writeSnapshot(of: Self.files(seed: 3), to: copies)

    let (_, second) = try await writeSnapshot(of: Self.files(seed: 3), to: copies, time: sampleTime.advanced(by: .seconds(9)))

    #expect(first.statistics.packs > 3)
    #expect(second.statistics.packs == 0)
    #expect(second.statistics.newBlobs == 0)
    #expect(second.statistics.knownBlobs == first.statistics.newBlobs + first.statistics.knownBlobs)
    #expect(second.statistics.knownBytes == first.statistics.newBytes + first.statistics.knownBytes)
    #expect(first.statistics.packBytes == store.contents.filter { $0.key.kind == .pack }.values.reduce(0) { $0 + $1.count })
  }

  @Test func `a copy that lacks a blob gets it even if others have it`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    try await writeSnapshot(of: Self.files(seed: 4), to: [copies[0]])

    try await writeSnapshot(of: Self.files(seed: 4), to: copies)

    try await Self.expectSound(copies[0])
    try await Self.expectSound(copies[1])
  }

  @Test func `many tasks save at once, each blob once`() async throws {
    let store = MemoryStore()
    let copies = try await newRepository(in: store)
    let indexes = try await RepositoryIndex.load(copies)

    let (results, summary) = try await PackWriter.run(to: copies, indexes: indexes, limits: .small) { writer in
      let results = try await withThrowingTaskGroup(of: PackWriter.SavedBlob.self) { group in
        for number in 0..<200 {
          group.addTask {
            var random = SeededRandom(seed: UInt64(number / 2))
            return try await writer.save(random.bytes(300), as: .data)
          }
        }
        return try await group.reduce(into: [PackWriter.SavedBlob]()) { $0.append($1) }
      }
      return (results, try await writer.finish())
    }

    #expect(results.filter(\.isNew).count == 100)
    #expect(Set(results.map(\.id)).count == 100)
    #expect(summary.statistics.newBlobs == 100 && summary.statistics.knownBlobs == 100)
    #expect(summary.statistics.storedBlobBytes == results.reduce(0) { $0 + $1.storedBytes })
    let report = try await RepositoryCheck(copies[0], reading: .all).run()
    #expect(report.isSound && report.blobs == 100, "\(report.findings)")
  }

  @Test(arguments: [false, true])
  func `whichever call fails, the other copy is complete and the failing one is undamaged`(_ afterwards: Bool) async throws {
    var call = 0
    var failed = true
    while failed {
      call += 1
      let stores = [MemoryStore(address: "good"), MemoryStore(address: "bad")]
      let copies = try await newRepository(in: stores[0], stores[1])
      try await writeSnapshot(of: Self.files(seed: 6), to: copies)
      let faulty = FaultyStore(stores[1], failingCall: call, afterwards: afterwards)
      var result: (id: ContentID, summary: PackWriter.Summary)?
      // Opening may be what fails: then nothing was begun.
      if let opened = try? await Repository.open(faulty, password: testPassword, surroundings: .here()) {
        result = try? await writeSnapshot(of: Self.files(seed: 7), to: [copies[0], opened], time: sampleTime.advanced(by: .seconds(1)))
      }
      failed = faulty.calls >= call

      if failed, let result {
        #expect(try await copies[0].snapshots().snapshots.contains { $0.id == result.id })
      }
      for copy in copies { try await Self.expectSound(copy) }
    }
    #expect(call > 8, "all calls were failed once: \(call)")
  }

  @Test func `a store that goes away is dropped and named; the snapshot is complete on the other, and stock restic agrees`() async throws {
    try await withTemporaryFolder { folder in
      let good = MemoryStore(address: "good")
      let bad = FolderStore(folder.appending("bad"))
      let copies = try await newRepository(in: good, bad)
      try await writeSnapshot(of: Self.files(seed: 80), to: copies)
      let gone = FaultyStore(bad, failingCalls: 8...Int.max, error: StoreError(.full, "disk full on purpose"))
      let opened = try await Repository.open(gone, password: testPassword, surroundings: .here())

      let (id, summary) = try await writeSnapshot(
        of: Self.files(seed: 8), to: [copies[0], opened], time: sampleTime.advanced(by: .seconds(1)))

      #expect(summary.completed == ["good"])
      #expect(summary.failures.map(\.address) == [bad.address])
      #expect((summary.failures.first?.error as? StoreError)?.kind == .full)
      #expect(try await copies[0].snapshots().snapshots.map(\.id).last == id)
      #expect(try await copies[1].snapshots().snapshots.count == 1)
      try await Self.expectSound(copies[0])
      try await Self.expectSound(copies[1])
      try StockRestic(repository: bad.address).run("check", "--read-data")
    }
  }

  @Test func `when no store is left the writer says why, and says it again`() async throws {
    let memory = MemoryStore(address: "usb")
    let copies = try await newRepository(in: memory)
    let gone = FaultyStore(memory, failingCalls: 8...Int.max, error: StoreError(.full, "disk full on purpose"))
    let opened = try await Repository.open(gone, password: testPassword, surroundings: .here())

    var random = SeededRandom(seed: 9)
    let blobs = (0..<100).map { _ in random.bytes(500) }
    try await PackWriter.run(to: [opened], indexes: try await RepositoryIndex.load([opened]), limits: .small) { writer in
      let error = await #expect(throws: RepositoryError.self) { for blob in blobs { _ = try await writer.save(blob, as: .data) } }
      #expect(error?.kind == .allStoresFailed)
      #expect(error?.summary == "no store is left to write to (1 failed): usb: disk full on purpose")
      await #expect(throws: RepositoryError.self) { _ = try await writer.finish() }
    }
    try await Self.expectSound(copies[0])
  }

  static func files(seed: UInt64) -> [SampleFile] {
    var random = SeededRandom(seed: seed)
    return (0..<8).map { SampleFile("file \($0)", random.bytes(1500), [UInt8](repeating: UInt8($0), count: 900), random.bytes(50)) }
  }

  /// The check finds nothing, and every snapshot listed can be read to the last byte.
  static func expectSound(_ repository: Repository) async throws {
    let report = try await RepositoryCheck(repository, reading: .all).run()
    #expect(report.isSound, "\(report.findings)")
    for stored in try await repository.snapshots().snapshots {
      #expect(try await readFiles(stored.snapshot, from: repository).count == 8)
    }
  }
}
