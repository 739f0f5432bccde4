package import Primitives
package import ResticFormat
import Stores
import Synchronization

/// Writes blobs, indexes and snapshots into all copies of a repository; each byte is read, compressed and sealed once.
///
/// `save` may be called from many child tasks; hashing, compressing and sealing run in the caller's. Full packs are handed to
/// the senders of each store, so that no store waits for another. Order in each store: packs durable, then the index that
/// names them, then the snapshot.
///
/// Memory holds at most `packsInFlight` packs, one more for each sender of the slower stores, and the two that are open. When it is full, a
/// store that is slower than another gets what is let go from there; when all stores are slow, `save` waits. See `Outbox`.
///
/// A store that fails is given up for the rest of the run; the others go on. When none is left, every verb throws.
/// Hold a lock on every copy meanwhile (`RepositoryLocks`): without one a stock `prune` destroys what is being written.
package final class PackWriter: Sendable {
  package struct Limits: Sendable {
    /// A pack is finished once its sealed blobs reach this many bytes.
    package var packSize = 16 << 20
    /// Packs finished and not yet in the fastest store. More callers wait.
    package var packsInFlight = 3
    /// Packs that go to one store at once.
    package var sendersPerStore = 2
    /// Blobs in one pack at most, for many tiny ones.
    package var blobsPerPack = 10_000

    package init() {}
  }

  private let limits: Limits
  private let state: Mutex<WriterState>
  private let delivery: Delivery
  private let repository: Repository

  /// Runs `body` with a writer, and the senders beside it. What `body` has not waited for is sent before this returns; if it throws, the
  /// senders stop.
  ///
  /// - Parameters:
  ///   - copies: opened copies of one repository, at least one.
  ///   - indexes: what each of them has, or will have once it got its backlog.
  ///   - backlog: what some copies lack and others have.
  package static func run<Value>(
    to copies: [Repository], indexes: [RepositoryIndex], backlog: Backlog = Backlog(), limits: Limits = Limits(),
    _ body: (PackWriter) async throws -> Value
  ) async throws -> Value {
    let writer = PackWriter(to: copies, indexes: indexes, limits: limits)
    let threads = copies.indices.flatMap { lane in (0..<max(1, limits.sendersPerStore)).map { _ in (lane, OwnThread()) } }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for (lane, thread) in threads { group.addTask(executorPreference: thread) { await writer.delivery.send(to: lane) } }
      writer.send(backlog)
      let value = try await body(writer)
      writer.delivery.close()
      try await group.waitForAll()
      return value
    }
  }

  private init(to copies: [Repository], indexes: [RepositoryIndex], limits: Limits) {
    precondition(!copies.isEmpty && copies.count == indexes.count, "a writer needs a copy to write to, and an index for each")
    precondition(copies.allSatisfy { $0.isCopy(of: copies[0]) }, "a writer writes to copies of one repository")
    self.limits = limits
    repository = copies[0]
    state = Mutex(WriterState(indexes: indexes))
    delivery = Delivery(
      to: copies, mostHeld: limits.packsInFlight + limits.sendersPerStore * (copies.count - 1), sendersPerStore: limits.sendersPerStore)
  }

  /// Stores a blob unless every living copy has it.
  ///
  /// It is durable once `finish` returns, not before.
  /// - Parameter id: the SHA-256 of `plaintext`, where the caller has worked it out already.
  /// - Throws: `unreliableMachine` if the sealed blob does not open to the same bytes; `allStoresFailed`; cancellation.
  package func save(_ plaintext: [UInt8], as kind: BlobKind, id: ContentID? = nil) async throws -> SavedBlob {
    try Task.checkCancellation()
    try requireSound()
    let handle = BlobHandle(id ?? ContentID(hashing: plaintext), kind)
    let living = delivery.living
    guard state.withLock({ $0.claim(handle, byteCount: plaintext.count, living: living) }) else {
      return SavedBlob(id: handle.id, isNew: false, storedBytes: 0)
    }
    var full: PackBuilder?
    let stored: Int
    do {
      let (sealed, uncompressedLength) = repository.sealing.seal(plaintext, random: repository.surroundings.random)
      try compare(sealed, uncompressedLength, with: plaintext, handle)
      stored = sealed.count
      full = state.withLock { $0.append(sealed, as: handle, uncompressedLength: uncompressedLength, limits: limits) }
    } catch {
      state.withLock { $0.giveUp(error) }
      throw error
    }
    if let pack = full.take() { try await send(pack) }
    return SavedBlob(id: handle.id, isNew: true, storedBytes: stored)
  }

  package func save(_ tree: Tree) async throws -> SavedBlob { try await save(tree.encode(), as: .tree) }

  /// Whether every living copy has the blob, or will at the end: then it need not be read again.
  package func contains(_ handle: BlobHandle) -> Bool {
    let living = delivery.living
    return state.withLock { $0.contains(handle, living: living) }
  }

  /// Sends what is still open, and waits until everything is durable in the fastest store. Call it when all `save` calls have returned.
  package func finish() async throws -> Summary {
    try requireSound()
    var packs = state.withLock { $0.takeOpenPacks() }
    while !packs.isEmpty { try await send(packs.removeFirst()) }
    try await sendIndexes()
    try await delivery.firstHasEverything()
    return summary
  }

  /// Puts a snapshot into every living copy; returns when the fastest has it. Its tree must have been saved and `finish` called: what a
  /// snapshot names is durable before it is.
  package func save(_ snapshot: Snapshot) async throws -> ContentID {
    precondition(state.withLock { $0.isFlushed }, "finish() belongs before the snapshot")
    try requireSound()
    let object = repository.seal(snapshot.encode(), as: .snapshot)
    try await delivery.add(object)
    try await delivery.firstHasEverything()
    guard let id = object.name.id else { preconditionFailure("a snapshot has an id") }
    return id
  }

  /// Waits until the slower copies have everything too, or have failed. The source is not needed any more.
  package func complete() async throws -> Summary {
    try await delivery.allHaveEverything()
    return summary
  }

  /// Gives a copy up from outside: its lock was lost, or its disk is going away.
  package func drop(address: String, because error: any Error) {
    for (lane, copy) in delivery.copies.enumerated() where copy.address == address { delivery.drop(lane, because: error) }
  }

  /// Copies given up so far.
  package var failedStores: [StoreFailure] { delivery.failures }

  /// Bytes that copies which are left still lack of what was saved, by address; those that lack nothing are left out.
  package var outstanding: [String: Int] { delivery.outstanding }

  package var statistics: Statistics {
    var statistics = state.withLock { $0.statistics }
    statistics.mostPacksHeld = delivery.mostHeld
    return statistics
  }

  // MARK: Details

  private var summary: Summary {
    let outstanding = outstanding
    let addresses = delivery.living.map { delivery.copies[$0].address }
    return Summary(
      statistics: statistics, completed: addresses.filter { outstanding[$0] == nil }, failures: delivery.failures)
  }

  private func requireSound() throws {
    if let broken = state.withLock({ $0.broken }) { throw broken }
    try delivery.requireLiving()
  }

  /// What a bad memory cell or a miscompiled library would do shows here, while the source can still be read.
  private func compare(_ sealed: [UInt8], _ uncompressedLength: Int?, with plaintext: [UInt8], _ handle: BlobHandle) throws {
    if let opened = try? repository.sealing.unseal(sealed, uncompressedLength: uncompressedLength), opened.hasBytes(of: plaintext) {
      return
    }
    throw RepositoryError(
      .unreliableMachine, "\(handle) does not open to the bytes it was sealed from: nothing was stored",
      hints: ["this machine's memory or processor may be faulty: test it (memtest86+) before trusting anything it writes"])
  }

  private func send(_ builder: consuming PackBuilder) async throws {
    do {
      try requireSound()
      let pack = builder.finish(with: repository.masterKey, random: repository.surroundings.random)
      try await delivery.add(SealedObject(name: .pack(pack.id), bytes: pack.bytes))
      state.withLock { $0.sent(IndexedPack(id: pack.id, blobs: pack.blobs), packBytes: pack.bytes.count) }
    } catch {
      // The blobs of this pack were promised to other callers: no snapshot may follow.
      state.withLock { $0.giveUp(error) }
      throw error
    }
  }

  /// All at the end: what a run that was cut off has sent is found without (`Leftovers`), and while no index names a pack, it is found at
  /// those stores too that did not get as far as others.
  private func sendIndexes() async throws {
    while true {
      let packs = state.withLock { $0.takeIndexedPacks() }
      guard !packs.isEmpty else { return }
      do {
        try await delivery.add(repository.seal(IndexFile.encode(packs), as: .index))
      } catch {
        state.withLock { $0.giveUp(error) }
        throw error
      }
    }
  }

  private func send(_ backlog: Backlog) {
    for (lane, plans) in backlog.plans.enumerated() {
      for plan in plans {
        guard let source = delivery.copies.firstIndex(where: { $0.address == plan.source.address }) else { continue }
        for pack in plan.packs { delivery.add(pack, heldBy: [source], to: [lane]) }
        for index in plan.indexes { delivery.add(index, heldBy: [source], to: [lane]) }
        for index in plan.newIndexes(for: repository) { delivery.add(index, to: lane) }
        for snapshot in plan.snapshotObjects { delivery.add(snapshot, heldBy: [source], to: [lane]) }
      }
    }
    let all = Set(delivery.copies.indices)
    for leftover in backlog.leftovers {
      delivery.add(leftover.object, heldBy: leftover.holders, to: all.subtracting(leftover.holders))
    }
    state.withLock { $0.promise(backlog.leftovers.map(\.pack)) }
  }
}
