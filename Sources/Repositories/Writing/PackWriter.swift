package import Primitives
package import ResticFormat
import Stores
import Synchronization

/// Writes blobs, indexes and snapshots into all copies of a repository at once; each byte is read, compressed and sealed once.
///
/// `save` may be called from many child tasks; hashing, compressing and sealing run in the caller's. The caller whose blob fills
/// a pack puts it into every store and waits: so memory is bounded by `packsInFlight` and the two open packs.
/// Order in each store: packs durable, then the index that names them, then the snapshot.
///
/// A store that fails is given up for the rest of the run; the others go on. When none is left, every verb throws.
/// Hold a lock on every copy meanwhile (`RepositoryLocks`): without one a stock `prune` destroys what is being written.
package final class PackWriter: Sendable {
  package struct Limits: Sendable {
    /// A pack is finished once its sealed blobs reach this many bytes.
    package var packSize = 16 << 20
    /// Packs finished and not yet in all stores. More callers wait.
    package var packsInFlight = 4
    /// Packs until an index is written, so that a killed first backup keeps its progress. 64 packs are 1 GiB.
    package var packsPerIndex = 64
    /// Blobs in one pack at most, for many tiny ones.
    package var blobsPerPack = 10_000

    package init() {}
  }

  let limits: Limits
  let state: Mutex<WriterState>
  private let slots: Slots
  private let repository: Repository

  /// - Parameters:
  ///   - copies: opened copies of one repository, at least one.
  ///   - indexes: theirs, in the same order, as `RepositoryIndex.load(copies)` returns them.
  package init(to copies: [Repository], indexes: [RepositoryIndex], limits: Limits = Limits()) {
    precondition(!copies.isEmpty && copies.count == indexes.count, "a writer needs a copy to write to, and an index for each")
    precondition(copies.allSatisfy { $0.isCopy(of: copies[0]) }, "a writer writes to copies of one repository")
    self.limits = limits
    repository = copies[0]
    slots = Slots(limits.packsInFlight)
    state = Mutex(WriterState(destinations: zip(copies, indexes).map { .init(repository: $0, index: $1) }))
  }

  /// Stores a blob unless every living copy has it.
  ///
  /// It is durable once `finish` returns, not before.
  /// - Throws: `unreliableMachine` if the sealed blob does not open to the same bytes; `allStoresFailed`; cancellation.
  package func save(_ plaintext: [UInt8], as kind: BlobKind) async throws -> SavedBlob {
    try Task.checkCancellation()
    let handle = BlobHandle(ContentID(hashing: plaintext), kind)
    guard try state.withLock({ try $0.claim(handle, byteCount: plaintext.count) }) else {
      return SavedBlob(id: handle.id, isNew: false, storedBytes: 0)
    }
    let full: PackBuilder?
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
    if let full { try await put(full) }
    return SavedBlob(id: handle.id, isNew: true, storedBytes: stored)
  }

  package func save(_ tree: Tree) async throws -> SavedBlob { try await save(tree.encode(), as: .tree) }

  /// Whether every living copy has the blob, or will when `finish` returns: then it need not be read again.
  package func contains(_ handle: BlobHandle) -> Bool { state.withLock { $0.contains(handle) } }

  /// Puts what is still open into the stores, packs first, then the index. Call it when all `save` calls have returned.
  package func finish() async throws -> Summary {
    for pack in state.withLock({ $0.takeOpenPacks() }) { try await put(pack) }
    try await putIndex(always: true)
    return try state.withLock { state in
      try state.requireLiving()
      return state.summary
    }
  }

  /// Puts a snapshot into every living copy. Its tree must have been saved and `finish` called: what a snapshot names is durable
  /// before it is.
  package func save(_ snapshot: Snapshot) async throws -> ContentID {
    precondition(state.withLock { $0.isFlushed }, "finish() belongs before the snapshot")
    let object = repository.seal(snapshot.encode(), as: .snapshot)
    try await putEverywhere(object)
    guard let id = object.name.id else { preconditionFailure("a snapshot has an id") }
    return id
  }

  /// Gives a copy up from outside: its lock was lost, or its disk is going away.
  package func drop(address: String, because error: any Error) {
    state.withLock { $0.drop(StoreFailure(address: address, error: error)) }
  }

  /// Copies given up so far.
  package var failedStores: [StoreFailure] { state.withLock { $0.failures } }

  package var statistics: Statistics { state.withLock { $0.statistics } }

  // MARK: Details

  /// What a bad memory cell or a miscompiled library would do shows here, while the source can still be read.
  private func compare(_ sealed: [UInt8], _ uncompressedLength: Int?, with plaintext: [UInt8], _ handle: BlobHandle) throws {
    if let opened = try? repository.sealing.unseal(sealed, uncompressedLength: uncompressedLength), opened == plaintext { return }
    throw RepositoryError(
      .unreliableMachine, "\(handle) does not open to the bytes it was sealed from: nothing was stored",
      hints: ["this machine's memory or processor may be faulty: test it (memtest86+) before trusting anything it writes"])
  }

  private func put(_ builder: PackBuilder) async throws {
    try await slots.take()
    defer { slots.giveBack() }
    do {
      let pack = builder.finish(with: repository.masterKey, random: repository.surroundings.random)
      try await putEverywhere(SealedObject(name: .pack(pack.id), bytes: pack.bytes))
      state.withLock { $0.stored(IndexedPack(id: pack.id, blobs: pack.blobs), packBytes: pack.bytes.count) }
    } catch {
      // The blobs of this pack were promised to other callers: no snapshot may follow.
      state.withLock { $0.giveUp(error) }
      throw error
    }
    try await putIndex(always: false)
  }

  private func putIndex(always: Bool) async throws {
    while let packs = state.withLock({ $0.takeIndexedPacks(always: always, limits: limits) }) {
      do {
        let object = repository.seal(IndexFile.encode(packs), as: .index)
        try await putEverywhere(object)
      } catch {
        state.withLock { $0.giveUp(error) }
        throw error
      }
    }
  }

  /// Puts one object into all living stores at once; drops those that fail.
  private func putEverywhere(_ object: SealedObject) async throws {
    let stores = try state.withLock { state in
      try state.requireLiving()
      return state.living.map(\.repository.store)
    }
    try await withThrowingTaskGroup(of: StoreFailure?.self) { group in
      for store in stores {
        group.addTask {
          do {
            try await store.put(object.bytes, as: object.name)
            return nil
          } catch is CancellationError {
            throw CancellationError()
          } catch {
            try Task.checkCancellation()
            return StoreFailure(address: store.address, error: error)
          }
        }
      }
      for try await failure in group { if let failure { state.withLock { $0.drop(failure) } } }
    }
    try state.withLock { try $0.requireLiving() }
  }
}
