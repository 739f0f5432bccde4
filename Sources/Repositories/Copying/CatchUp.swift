import Primitives
import ResticFormat
import Stores
import Synchronization

/// Bringing a copy that was away up to date: objects are the same bytes everywhere, so they are copied as they are.
///
/// Hold a lock on all copies meanwhile. Removes nothing. What was copied before an interruption is not copied again.
package enum CatchUp {
  /// Packs in memory at one time.
  private static let objectsAtOnce = 3

  package struct Progress: Sendable, Equatable {
    package var objects = 0
    package var bytes = 0
    /// Bytes to copy, as far as it is planned.
    package var total = 0

    package init(objects: Int = 0, bytes: Int = 0, total: Int = 0) {
      self.objects = objects
      self.bytes = bytes
      self.total = total
    }
  }

  package struct Outcome: Sendable {
    package internal(set) var objects = 0
    package internal(set) var bytes = 0
    /// Snapshots the target has now and had not before.
    package internal(set) var snapshots: [StoredSnapshot] = []
    /// Siblings that failed on the way; others took their place as far as they could.
    package internal(set) var failures: [StoreFailure] = []
    /// Snapshots that are damaged where they are.
    package internal(set) var damaged: [RepositoryError] = []
  }

  /// A sibling could not give what it has.
  private struct SourceFailure: Error {
    let address: String
    let error: any Error
  }

  package struct Plans: Sendable {
    package let plans: [CopyPlan]
    /// What the target will have then.
    package let index: RepositoryIndex
    /// Snapshots that are damaged where they are.
    package let damaged: [RepositoryError]
    /// Siblings that could not be asked.
    package let failures: [StoreFailure]

    package var bytes: Int { plans.reduce(0) { $0 + $1.bytes } }
  }

  /// What `target` lacks, and which sibling gives it: the first that has it.
  package static func plans(
    for target: Inventory, from siblings: [Inventory], wanted: (StoredSnapshot) -> Bool = { _ in true }
  ) async throws -> Plans {
    var planner = CopyPlanner(for: target)
    var plans: [CopyPlan] = []
    var failures: [StoreFailure] = []
    for sibling in siblings {
      do {
        if let plan = try await planner.plan(from: sibling, wanted: wanted) { plans.append(plan) }
      } catch {
        try Task.checkCancellation()
        failures.append(StoreFailure(address: sibling.repository.address, error: error))
      }
    }
    return Plans(plans: plans, index: planner.index, damaged: planner.damaged, failures: failures)
  }

  /// Copies what `target` lacks. A sibling that fails is replaced by the next ones.
  ///
  /// - Parameter progress: told before the first object and after each; may throw to stop.
  /// - Throws: when the target fails; cancellation.
  package static func complete(
    _ target: Inventory, from siblings: [Inventory], wanted: (StoredSnapshot) -> Bool = { _ in true },
    progress: @escaping @Sendable (Progress) throws -> Void = { _ in }
  ) async throws -> Outcome {
    var outcome = Outcome()
    var target = target
    var siblings = siblings
    while true {
      let plans = try await plans(for: target, from: siblings, wanted: wanted)
      outcome.damaged = plans.damaged
      outcome.failures += plans.failures
      let meter = try Meter(outcome, of: plans, report: progress)
      do {
        for plan in plans.plans {
          try await copy(plan, to: target.repository, meter)
          outcome.snapshots += plan.snapshots
        }
        meter.note(in: &outcome)
        return outcome
      } catch let failure as SourceFailure {
        meter.note(in: &outcome)
        outcome.failures.append(StoreFailure(address: failure.address, error: failure.error))
        siblings.removeAll { failed in outcome.failures.contains { $0.address == failed.repository.address } }
        guard let now = try await Inventory.take(of: [target.repository]).first else { return outcome }
        target = try now.get()
      }
    }
  }

  /// Packs, then indexes, then snapshots, the oldest first.
  private static func copy(_ plan: CopyPlan, to target: Repository, _ meter: Meter) async throws {
    let move: @Sendable (StoredObject) async throws -> Void = { object in
      let bytes: [UInt8]
      do { bytes = try await plan.source.wholeObject(object.name) } catch {
        try Task.checkCancellation()
        throw SourceFailure(address: plan.source.address, error: error)
      }
      try await target.store.put(bytes, as: object.name)
      try meter.add(bytes.count)
    }
    _ = try await AtOnce.map(plan.packs, atMost: objectsAtOnce, move)
    for index in plan.newIndexes(for: target) {
      try await target.store.put(index.bytes, as: index.name)
      try meter.add(index.bytes.count)
    }
    for object in plan.indexes + plan.snapshotObjects { try await move(object) }
  }

  private final class Meter: Sendable {
    private let state: Mutex<Progress>
    private let report: @Sendable (Progress) throws -> Void

    init(_ outcome: Outcome, of plans: Plans, report: @escaping @Sendable (Progress) throws -> Void) throws {
      let start = Progress(objects: outcome.objects, bytes: outcome.bytes, total: outcome.bytes + plans.bytes)
      state = Mutex(start)
      self.report = report
      try report(start)
    }

    /// What was copied so far, that of earlier tries included.
    func note(in outcome: inout Outcome) {
      let progress = state.withLock { $0 }
      outcome.objects = progress.objects
      outcome.bytes = progress.bytes
    }

    func add(_ bytes: Int) throws {
      try report(
        state.withLock { progress in
          progress.objects += 1
          progress.bytes += bytes
          return progress
        })
    }
  }
}
