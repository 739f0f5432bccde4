import Primitives
import ResticFormat
import Stores

/// Brings objects into several copies at once, each at its own pace.
///
/// Senders run as child tasks, a few a store, each on a thread of its own. A store that fails is given up; the others go on.
final class Delivery: Sendable {
  private struct State: Sendable {
    var outbox: Outbox
    var failures: [StoreFailure] = []
  }

  let copies: [Repository]
  private let state: Watched<State>

  init(to copies: [Repository], mostHeld: Int, sendersPerStore: Int) {
    self.copies = copies
    state = Watched(State(outbox: Outbox(lanes: copies.count, mostHeld: mostHeld, sendersPerLane: sendersPerStore)))
  }

  /// Positions in `copies`.
  var living: [Int] { state.read(\.outbox.living) }
  var failures: [StoreFailure] { state.read(\.failures) }
  /// Objects in memory at one time.
  var mostHeld: Int { state.read(\.outbox.mostSeen) }

  // MARK: Objects

  /// For all living stores. Waits while memory is full.
  ///
  /// - Throws: `allStoresFailed`; cancellation.
  func add(_ object: SealedObject) async throws {
    _ = try await state.wait { state -> Bool? in
      try Self.requireLiving(state)
      guard state.outbox.hasRoom() else { return nil }
      state.outbox.add(object.name, object.bytes, to: state.outbox.living)
      return true
    }
  }

  /// For one store, whether memory is full or not.
  func add(_ object: SealedObject, to lane: Int) { state.change { $0.outbox.add(object.name, object.bytes, to: [lane]) } }

  /// An object that some stores have and others lack.
  func add(_ object: StoredObject, heldBy holders: Set<Int>, to lanes: Set<Int>) {
    state.change { $0.outbox.add(object, heldBy: holders, to: lanes) }
  }

  // MARK: Stores

  func drop(_ lane: Int, because error: any Error) {
    state.change { state in
      guard state.outbox.lanes[lane].isLiving else { return }
      state.outbox.drop(lane)
      state.failures.append(StoreFailure(address: copies[lane].address, error: error))
    }
  }

  func requireLiving() throws { try state.read(Self.requireLiving) }

  private static func requireLiving(_ state: State) throws {
    guard state.outbox.living.isEmpty else { return }
    let reasons = state.failures.map { "\($0.address): \(($0.error as? any Explainable)?.summary ?? "\($0.error)")" }
    throw RepositoryError(
      .allStoresFailed, "no store is left to write to (\(reasons.count) failed): \(reasons.joined(separator: "; "))",
      hints: ["what was stored so far is kept: run the same command again once a store is back"])
  }

  // MARK: Waiting

  /// Until some store has everything that was added so far.
  func firstHasEverything() async throws {
    try await state.wait(until: { state in
      try Self.requireLiving(state)
      return state.outbox.living.contains { state.outbox.lanes[$0].hasEverything }
    })
  }

  /// Until every store that is left has everything.
  func allHaveEverything() async throws {
    try await state.wait(until: { state in
      try Self.requireLiving(state)
      return state.outbox.living.allSatisfy { state.outbox.lanes[$0].hasEverything }
    })
  }

  /// No more will be added: senders end when they are done.
  func close() { state.change { $0.outbox.isClosed = true } }

  /// Bytes that living stores still lack, by address.
  var outstanding: [String: Int] {
    state.read { state in
      let late = state.outbox.living.filter { !state.outbox.lanes[$0].hasEverything }
      return Dictionary(
        uniqueKeysWithValues: late.map { lane in
          (copies[lane].address, state.outbox.lanes[lane].bytesQueued - state.outbox.lanes[lane].bytesDone)
        })
    }
  }

  // MARK: Senders

  /// Sends to one store until nothing more comes, the store fails, or the task is cancelled.
  func send(to lane: Int) async {
    while let job = try? await nextJob(for: lane) {
      do {
        let bytes = if let bytes = job.bytes { bytes } else { try await fetch(job, for: lane) }
        try await copies[lane].store.put(bytes, as: job.name)
        state.change { $0.outbox.sent(job, by: lane) }
      } catch {
        giveUp(job, for: lane, because: error, isCancelled: Task.isCancelled)
      }
    }
  }

  /// In one step: a store that lived for a moment longer could get the index that names what it did not take.
  private func giveUp(_ job: Outbox.Job, for lane: Int, because error: any Error, isCancelled: Bool) {
    state.change { state in
      if state.outbox.lanes[lane].isLiving {
        state.outbox.drop(lane)
        if !isCancelled { state.failures.append(StoreFailure(address: copies[lane].address, error: error)) }
      }
      state.outbox.gaveUp(job, by: lane)
    }
  }

  /// - Throws: cancellation; `nil` when there will be none.
  private func nextJob(for lane: Int) async throws -> Outbox.Job? {
    try await state.wait { state -> Outbox.Job?? in
      if let job = state.outbox.next(for: lane) { return .some(job) }
      let isOver = !state.outbox.lanes[lane].isLiving || (state.outbox.isClosed && state.outbox.lanes[lane].waiting.isEmpty)
      return isOver ? .some(nil) : nil
    }
  }

  /// From the nearest store that has it, living ones first; compared with its name, so that damage does not spread.
  private func fetch(_ job: Outbox.Job, for lane: Int) async throws -> [UInt8] {
    let living = Set(living)
    var failure: (any Error)?
    for holder in job.holders.sorted(by: { (living.contains($0) ? 0 : 1, $0) < (living.contains($1) ? 0 : 1, $1) }) {
      do { return try await copies[holder].wholeObject(job.name) } catch {
        try Task.checkCancellation()
        failure = failure ?? error
      }
    }
    let reason = (failure as? any Explainable)?.summary ?? "none has it"
    throw RepositoryError(
      .siblingFailed, "'\(copies[lane].address)' is behind and could not get \(job.name) from the other locations: \(reason)",
      hints: ["run 'akiba sync' once the other locations are back"])
  }
}

extension Repository {
  /// An object as it is, its bytes compared with its name.
  func wholeObject(_ name: ObjectName) async throws -> [UInt8] {
    let bytes = try await store.bytes(of: name)
    try damaged(name) { () throws(FormatError) in
      guard ContentID(hashing: bytes) == name.id else { throw FormatError(.malformed, "has another SHA-256 than its name") }
    }
    return bytes
  }
}
