import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

struct PruneTests {
  @Test func `what is kept reads as before, and the space of the rest is free`() async throws {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    let history = try await PruneHistory(in: [copy], seed: 1)
    let kept = Array(history.ids[4...])
    let before = try await contents(of: kept, in: copy)
    let bytesBefore = try await store.byteCount(of: .pack)

    let (plan, result) = try await prune(copy, removing: Array(history.ids[..<4]))

    #expect(try await contents(of: kept, in: copy) == before)
    #expect(try await copy.snapshots().snapshots.map(\.id) == kept)
    let bytesAfter = try await store.byteCount(of: .pack)
    #expect(plan.bytesFreed == bytesBefore - bytesAfter && plan.bytesBefore == bytesBefore)
    #expect(plan.bytesFreed > bytesBefore / 4 && plan.rewrittenPacks > 0 && plan.unusedPacks > 0)
    #expect(Double(plan.bytesUnused) <= 0.05 * Double(bytesAfter))
    #expect(result.snapshotsRemoved == 4 && result.packsRemoved == plan.unusedPacks + plan.rewrittenPacks && result.packsWritten > 0)
    #expect(store.names(of: .lock).isEmpty)
    try await expectNoErrors(copy, notes: false)
    let again = try await prune(copy)
    #expect(again.plan.isEmpty && again.result == Prune.Result())
  }

  @Test func `copies pruned alike are the same bytes, and so can heal one another`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    let history = try await PruneHistory(in: copies, seed: 2)

    for copy in copies { try await prune(copy, removing: Array(history.ids[..<3])) }

    #expect(stores[0].contents == stores[1].contents)
    #expect(stores[0].names(of: .index).count > 1)
    try await expectNoErrors(copies[1], notes: false)
  }

  @Test func `snapshots go first, and an index before its packs`() async throws {
    let store = RecordingStore(MemoryStore())
    let copy = try await newRepository(in: store)[0]
    let history = try await PruneHistory(in: [copy], seed: 3)
    store.forgetCalls()

    try await prune(copy, removing: Array(history.ids[..<3]))

    let changes = store.calls.compactMap { call -> String? in
      switch call {
      case .put(let name, _): name.kind == .lock ? nil : "put \(name.kind)"
      case .remove(let name): name.kind == .lock ? nil : "remove \(name.kind)"
      default: nil
      }
    }
    let order = changes.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    #expect(order == ["remove snapshot", "put pack", "put index", "remove index", "remove pack"])
  }

  @Test(arguments: [false, true])
  func `whichever call fails, nothing kept is lost, and the next run ends clean`(_ afterwards: Bool) async throws {
    let base = MemoryStore()
    let history = try await PruneHistory(in: newRepository(in: base), seed: 4)
    let kept = Array(history.ids[3...])
    let opened = try await Repository.open(base, password: testPassword, surroundings: .here())
    let before = try await contents(of: kept, in: opened)
    var call = 0
    var failed = true
    while failed {
      call += 1
      let store = MemoryStore()
      for (name, bytes) in base.contents { store.overwrite(name, with: bytes) }
      let plain = try await Repository.open(store, password: testPassword, surroundings: .here())
      let faulty = FaultyStore(store, failingCall: call, afterwards: afterwards)
      if let cut = try? await Repository.open(faulty, password: testPassword, surroundings: .here()) {
        _ = try? await prune(cut, removing: Array(history.ids[..<3]))
      }
      failed = faulty.calls >= call

      try await expectNoErrors(plain)
      #expect(try await contents(of: kept, in: plain) == before)
      let left = try await plain.snapshots().snapshots.map(\.id).filter { !kept.contains($0) }
      for lock in store.names(of: .lock) { try store.remove(lock.name) }
      try await prune(plain, removing: left)
      try await expectNoErrors(plain, notes: false)
      #expect(try await contents(of: kept, in: plain) == before)
    }
    #expect(call > 40, "all calls were failed once: \(call)")
  }

  @Test func `whatever moment it is cut short at, stock restic finds no error`() async throws {
    try await withTemporaryFolder { folder in
      let base = folder.appending("base")
      let history = try await PruneHistory(in: newRepository(in: FolderStore(base)), seed: 5)
      var call = 8
      var failed = true
      var checks = 0
      while failed {
        let place = folder.appending("cut")
        try Program.run("/bin/rm", ["-rf", place.string])
        try Program.run("/bin/cp", ["-a", base.string, place.string])
        let faulty = FaultyStore(FolderStore(place), failingCalls: call...Int.max)
        let copy = try await Repository.open(faulty, password: testPassword, surroundings: .here())
        _ = try? await prune(copy, removing: Array(history.ids[..<3]))
        failed = faulty.calls >= call
        // The store that went away kept the lock.
        try StockRestic(repository: place.string).run("unlock", "--remove-all")

        try StockRestic(repository: place.string).run("check", "--read-data")
        checks += 1
        call += 3
      }
      #expect(checks > 12, "\(checks)")
    }
  }

  @Test func `cancelled in the middle it stops, and everything is sound`() async throws {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    let history = try await PruneHistory(in: [copy], seed: 6)
    let kept = try await contents(of: [history.ids[5]], in: copy)

    let task = Task {
      try await copy.withLock(.exclusive) {
        let prune = Prune(copy, removing: Set(history.ids[..<5]), limits: .small) { progress in
          if progress.step == .rewriting { withUnsafeCurrentTask { $0?.cancel() } }
        }
        return try await prune.run(try await prune.plan())
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }

    #expect(store.names(of: .lock).isEmpty)
    try await expectNoErrors(copy)
    #expect(try await contents(of: [history.ids[5]], in: copy) == kept)
  }
}
