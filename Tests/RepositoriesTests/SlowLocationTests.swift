import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import TestSupport
import Testing

/// Locations of different speed in one run.
struct SlowLocationTests {
  private static let packs = 60

  @Test func `the fast finish at their own pace, and the slow one gets the rest from them, the source long read`() async throws {
    let memory = [MemoryStore(address: "usb"), MemoryStore(address: "s3"), MemoryStore(address: "nas")]
    _ = try await newRepository(in: memory[0], memory[1], memory[2])
    let fast = RecordingStore(memory[0])
    let gate = Gate()
    let opened = try await reopened([fast, memory[1], memory[2]])
    let copies = [opened[0], opened[1].with(store: SlowStore(memory[1], sleep: gate.pass)), opened[2]]
    let files = blobs(packs: Self.packs, seed: 1).map { SampleFile("\($0[0])-\($0[1])-\($0[2])", $0) }
    let indexes = try await RepositoryIndex.load(opened)
    fast.forgetCalls()

    let summary = try await PackWriter.run(to: copies, indexes: indexes, limits: .small) { writer in
      let root = try await save(files, with: writer)
      let early = try await writer.finish()
      let id = try await writer.save(snapshot(of: root))
      // The line of the slow one has not moved at all so far.
      #expect(!early.completed.isEmpty && !early.completed.contains("s3"))
      #expect(try await reaches { [0, 2].allSatisfy { memory[$0].contents[.snapshot(id)] != nil } })
      #expect(memory[1].names(of: .pack).isEmpty)
      let lacks = try #require(writer.outstanding["s3"])
      #expect(lacks > Self.packs * 3000)
      gate.open()
      return try await writer.complete()
    }

    #expect(summary.completed == ["usb", "s3", "nas"] && summary.failures.isEmpty)
    #expect(memory[0].contents == memory[1].contents && memory[0].contents == memory[2].contents)
    // Only what was in memory when the gate opened did not have to be read back. The third may have lagged behind a little, too.
    let read = fast.packsRead
    #expect(read > Self.packs - 10 && read < 2 * Self.packs, "\(read)")
    // 3 in flight, 2 for each of two more stores, and as many read back for the slow one.
    #expect(summary.statistics.mostPacksHeld <= 3 + 2 * 2 + 2, "\(summary.statistics.mostPacksHeld)")
    #expect(summary.statistics.newBlobs == Self.packs + 2, "each blob was sealed once")
    for store in memory { try await expectSound(store, files: Self.packs) }
  }

  @Test func `when all are slow the writer waits with a bounded number of packs`() async throws {
    let memory = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let gate = Gate()
    let copies = try await newRepository(in: memory[0], memory[1]).map { $0.with(store: SlowStore($0.store, sleep: gate.pass)) }
    let indexes = [RepositoryIndex(), RepositoryIndex()]
    let saved = Tally()
    let all = blobs(packs: 40, seed: 2)

    try await PackWriter.run(to: copies, indexes: indexes, limits: .small) { writer in
      async let saving: Void = {
        for blob in all {
          _ = try await writer.save(blob, as: .data)
          saved.add()
        }
      }()
      #expect(try await reaches { gate.arrivals == 4 && saved.count >= 5 })
      for _ in 0..<50 { try await Task.sleep(for: .milliseconds(1)) }
      // 3 in flight and 2 for the second store: the sixth waits.
      #expect(saved.count == 5)
      gate.open()
      try await saving
      _ = try await writer.finish()
    }
    #expect(saved.count == 40)
    #expect(memory[0].contents == memory[1].contents)
  }

  /// Tasks share as many threads as there are processors: a disk that blocks them must not stop the sealing, and not the other disks.
  @Test func `stores that block their threads hold up nothing else`() async throws {
    let memory = (0..<4).map { MemoryStore(address: "disk \($0)") }
    let opened = try await newRepository(in: memory[0], memory[1], memory[2], memory[3])
    let isReleased = Mutex(false)
    let blocked = opened.dropFirst().map { copy in
      copy.with(store: SlowStore(copy.store) { _ in while !isReleased.withLock({ $0 }) { usleep(1000) } })
    }
    let indexes = opened.map { _ in RepositoryIndex() }
    let all = blobs(packs: 30, seed: 5)

    try await PackWriter.run(to: [opened[0]] + blocked, indexes: indexes, limits: .small) { writer in
      defer { isReleased.withLock { $0 = true } }
      for blob in all { _ = try await writer.save(blob, as: .data) }
      #expect(try await writer.finish().completed == ["disk 0"])
      #expect(memory[0].names(of: .pack).count == 30)
      #expect(memory.dropFirst().allSatisfy { $0.names(of: .pack).isEmpty })
    }

    #expect(memory.allSatisfy { $0.contents == memory[0].contents })
  }

  @Test func `a slow one that loses its sibling fails, and says what to do`() async throws {
    let memory = [MemoryStore(address: "usb"), MemoryStore(address: "s3")]
    let opened = try await newRepository(in: memory[0], memory[1])
    let gate = Gate()
    let copies = [opened[0], opened[1].with(store: SlowStore(memory[1], sleep: gate.pass))]
    let indexes = [RepositoryIndex(), RepositoryIndex()]
    let all = blobs(packs: 30, seed: 3)

    let summary = try await PackWriter.run(to: copies, indexes: indexes, limits: .small) { writer in
      for blob in all { _ = try await writer.save(blob, as: .data) }
      _ = try await writer.finish()
      for object in memory[0].names(of: .pack) { memory[0].overwrite(object.name, with: [UInt8](repeating: 7, count: object.byteCount)) }
      gate.open()
      return try await writer.complete()
    }

    #expect(summary.completed == ["usb"])
    let error = try #require(summary.failures.first?.error as? RepositoryError)
    #expect(error.kind == .siblingFailed)
    #expect(error.summary.contains("'s3' is behind and could not get pack") && error.summary.contains("has another SHA-256 than its name"))
    #expect(error.hints == ["run 'akiba sync' once the other locations are back"])
    for (name, bytes) in memory[1].contents where name.kind == .pack { #expect(ContentID(hashing: bytes) == name.id) }
  }

  @Test func `whichever call fails at the slow one, the fast have the snapshot; whichever fails at a fast one, what is there is sound`()
    async throws
  {
    for failing in [0, 1] {
      var call = 1
      while true {
        let memory = [MemoryStore(address: "fast"), MemoryStore(address: "slow"), MemoryStore(address: "other")]
        let opened = try await newRepository(in: memory[0], memory[1], memory[2])
        let indexes = opened.map { _ in RepositoryIndex() }
        let faulty = FaultyStore(memory[failing], failingCalls: call...Int.max)
        let gate = Gate()
        var copies = opened
        copies[failing] = opened[failing].with(store: faulty)
        copies[1] = copies[1].with(store: SlowStore(copies[1].store, sleep: gate.pass))
        let files = blobs(packs: 14, seed: 4).map { SampleFile("\($0[0])-\($0[1])-\($0[2])", $0) }

        let summary = try await PackWriter.run(to: copies, indexes: indexes, limits: .small) { writer in
          // The other keeps pace with the fast one: otherwise it may, too, need what only that one has.
          for file in files {
            _ = try await writer.save(file.bytes, as: .data)
            #expect(try await reaches { writer.outstanding["other"] == nil })
          }
          let root = try await save(files, with: writer)
          gate.open()
          _ = try await writer.finish()
          _ = try await writer.save(snapshot(of: root))
          return try await writer.complete()
        }

        #expect(summary.completed.contains("other"), "call \(call)")
        for store in memory {
          let isComplete = summary.completed.contains(store.address)
          try await expectSound(store, files: 14, snapshots: isComplete ? 1 : nil)
        }
        if faulty.calls < call { break }
        call += 1
      }
      #expect(call > 14, "\(call)")
    }
  }

  // MARK: Details

  private func expectSound(_ store: MemoryStore, files: Int, snapshots: Int? = 1) async throws {
    let copy = try await reopened([store])[0]
    let report = try await RepositoryCheck(copy, reading: .all).run()
    #expect(report.isSound, "\(store.address): \(report.findings)")
    if let snapshots { #expect(report.snapshots == snapshots, "\(store.address)") }
    for stored in try await copy.snapshots().snapshots { #expect(try await readFiles(stored.snapshot, from: copy).count == files) }
  }
}
