import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

/// Copying what one location lacks from others.
struct CatchUpTests {
  @Test func `a copy that was away is caught up byte for byte, and a second time nothing is read or written`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    try await writeSnapshot(of: PackWriterTests.files(seed: 10), to: copies)
    for seed in 11...13 { try await writeSnapshot(of: PackWriterTests.files(seed: UInt64(seed)), to: [copies[0]], time: Self.time(seed)) }

    let outcome = try await Self.complete(copies[1], from: [copies[0]])

    #expect(outcome.snapshots.count == 3 && outcome.objects > 9)
    #expect(stores[0].contents == stores[1].contents)
    let source = RecordingStore(stores[0])
    let target = RecordingStore(stores[1])
    #expect(try await Self.complete(copies[1].with(store: target), from: [copies[0].with(store: source)]).objects == 0)
    #expect(target.puts().isEmpty && source.packsRead == 0)
  }

  @Test func `only wanted snapshots are copied, and only what they need`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    var ids: [ContentID] = []
    for seed in 20...22 {
      ids.append(try await writeSnapshot(of: PackWriterTests.files(seed: UInt64(seed)), to: [copies[0]], time: Self.time(seed)).id)
    }

    let outcome = try await Self.complete(copies[1], from: [copies[0]]) { $0.id == ids[1] }

    #expect(outcome.snapshots.map(\.id) == [ids[1]])
    // The first snapshot's packs hold what all three share.
    #expect(stores[1].names(of: .pack).count + 5 < stores[0].names(of: .pack).count)
    try await PackWriterTests.expectSound(copies[1])
  }

  @Test func `each sibling gives what only it has, the nearest what several have`() async throws {
    let stores = ["a", "b", "c"].map { MemoryStore(address: $0) }
    let copies = try await newRepository(in: stores[0], stores[1], stores[2])
    try await writeSnapshot(of: PackWriterTests.files(seed: 30), to: [copies[0], copies[1]], time: Self.time(30))
    try await writeSnapshot(of: PackWriterTests.files(seed: 31), to: [copies[0]], time: Self.time(31))
    try await writeSnapshot(of: PackWriterTests.files(seed: 32), to: [copies[1]], time: Self.time(32))
    let first = RecordingStore(stores[0])
    let second = RecordingStore(stores[1])

    let outcome = try await Self.complete(copies[2], from: [copies[0].with(store: first), copies[1].with(store: second)])

    #expect(outcome.snapshots.count == 3)
    #expect(first.packsRead > second.packsRead && second.packsRead > 0)
    #expect(first.packsRead + second.packsRead == stores[2].names(of: .pack).count)
    try await PackWriterTests.expectSound(copies[2])
  }

  @Test func `damage does not spread: the next sibling gives what one cannot`() async throws {
    let stores = ["a", "b", "c"].map { MemoryStore(address: $0) }
    let copies = try await newRepository(in: stores[0], stores[1], stores[2])
    try await writeSnapshot(of: PackWriterTests.files(seed: 40), to: [copies[0], copies[1]])
    for object in stores[0].names(of: .pack) {
      var bytes = try stores[0].bytes(of: object.name, in: nil)
      bytes[0] ^= 1  // in a blob: trees are read and damaged ones found, data is only copied
      stores[0].overwrite(object.name, with: bytes)
    }

    let outcome = try await Self.complete(copies[2], from: [copies[0], copies[1]])

    #expect(outcome.snapshots.count == 1)
    #expect(!outcome.failures.isEmpty || !outcome.damaged.isEmpty)
    try await PackWriterTests.expectSound(copies[2])
  }

  @Test(arguments: [false, true])
  func `whichever call fails at source or target, the target is sound, and the next copy sends only what is missing`(_ atSource: Bool)
    async throws
  {
    var call = 1
    while true {
      let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
      let copies = try await newRepository(in: stores[0], stores[1])
      try await writeSnapshot(of: PackWriterTests.files(seed: 50), to: copies)
      try await writeSnapshot(of: PackWriterTests.files(seed: 51), to: [copies[0]], time: Self.time(51))
      let faulty = FaultyStore(stores[atSource ? 0 : 1], failingCalls: call...Int.max)
      let source = atSource ? copies[0].with(store: faulty) : copies[0]
      let target = atSource ? copies[1] : copies[1].with(store: faulty)
      _ = try? await Self.complete(target, from: [source])
      try await PackWriterTests.expectSound(copies[1])
      let there = Set(stores[1].contents.keys)
      let recording = RecordingStore(stores[1])

      _ = try await Self.complete(copies[1].with(store: recording), from: [copies[0]])

      #expect(Set(recording.puts()).isDisjoint(with: there), "call \(call)")
      #expect(stores[0].contents == stores[1].contents, "call \(call)")
      if faulty.calls < call { break }
      call += 1
    }
    #expect(call > 8, "\(call)")
  }

  /// One copy keeps only its newest snapshot, as stock restic prunes; then each gets what only the other has.
  @Test func `copies that were pruned differently complete each other, and no index names a pack that is not there`() async throws {
    try await withTemporaryFolder { folder in
      let stores = ["a", "b"].map { FolderStore(folder.appending($0)) }
      let copies = try await newRepository(in: stores[0], stores[1])
      var shared: [UInt8] = []
      for seed in 60...63 {
        var files = PackWriterTests.files(seed: UInt64(seed))
        // Half of each snapshot is in the next one too, so that pruning rewrites packs.
        if !shared.isEmpty { files[0] = SampleFile("file 0", shared) }
        shared = files[1].bytes
        try await writeSnapshot(of: files, to: copies, time: Self.time(seed))
      }
      try StockRestic(repository: stores[1].address).run("forget", "--keep-last", "1", "--prune", "--max-unused", "0")
      try await writeSnapshot(of: PackWriterTests.files(seed: 64), to: [copies[1]], time: Self.time(64))
      try await writeSnapshot(of: PackWriterTests.files(seed: 65), to: [copies[0]], time: Self.time(65))

      let kept = try await copies[1].snapshots().snapshots.map(\.id)
      let forward = try await Self.complete(copies[0], from: [copies[1]])
      let back = try await Self.complete(copies[1], from: [copies[0]])

      #expect(forward.snapshots.count == 1 && back.snapshots.count == 4)
      #expect(try await Set(copies[1].snapshots().snapshots.map(\.id)) == Set(copies[0].snapshots().snapshots.map(\.id)))
      #expect(try await copies[1].snapshots().snapshots.map(\.id).contains(kept[0]))
      for copy in copies {
        try await PackWriterTests.expectSound(copy)
        try StockRestic(repository: copy.address).run("check", "--read-data")
        #expect(try await Inventory.take(of: [copy])[0].get().missingPacks == 0)
      }
    }
  }

  @Test func `packs that were lost at the target come back, whatever its index says`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    try await writeSnapshot(of: PackWriterTests.files(seed: 70), to: copies)
    let lost = try #require(stores[1].names(of: .pack).first)
    try stores[1].remove(lost.name)
    // A snapshot of the same content, so that it needs what was lost.
    try await writeSnapshot(of: PackWriterTests.files(seed: 70), to: [copies[0]], time: Self.time(71))

    _ = try await Self.complete(copies[1], from: [copies[0]])

    #expect(stores[1].contents[lost.name] == stores[0].contents[lost.name])
    try await PackWriterTests.expectSound(copies[1])
  }

  static func complete(
    _ target: Repository, from siblings: [Repository], wanted: (StoredSnapshot) -> Bool = { _ in true }
  ) async throws -> CatchUp.Outcome {
    let inventories = try await Inventory.take(of: [target] + siblings).map { try $0.get() }
    return try await CatchUp.complete(inventories[0], from: Array(inventories.dropFirst()), wanted: wanted)
  }

  private static func time(_ hours: Int) -> Timestamp { sampleTime.advanced(by: .seconds(hours * 3600)) }
}
