import Primitives
import Repositories
import ResticFormat
import Stores

/// Pruning one location: decide, show, do.
struct LocationPrune: Sendable {
  struct Settings: Sendable {
    let wishes: Retention.Wishes
    let limits: PruneLimits
    let isDryRun: Bool
    let wait: Duration
  }

  private let copy: Repository
  /// In the configuration.
  private let name: String?
  private let settings: Settings

  init(_ copy: Repository, name: String?, _ settings: Settings) {
    self.copy = copy
    self.name = name
    self.settings = settings
  }

  func run(_ console: Console) async throws {
    let progress = Latest<PruneProgress>()
    let outcome = try await StatusReporter(console: console).during({ _ in progress.current.map { [Self.line($0)] } ?? [] }) {
      if settings.isDryRun { return try await console.withReadLock(on: copy) { try await decide(progress).outcome } }
      return try await copy.withLock(.exclusive, waiting: settings.wait, note: { console.note($0) }) {
        try await carryOut(try await decide(progress))
      }
    }
    show(outcome, console)
  }

  private struct Decision: Sendable {
    let retention: Retention
    let prune: Prune
    let plan: PrunePlan
    let start: ContinuousClock.Instant

    var outcome: Outcome { Outcome(retention: retention, plan: plan, result: nil, time: ContinuousClock.now - start) }
  }

  private struct Outcome: Sendable {
    let retention: Retention
    let plan: PrunePlan
    /// `nil` if it was only planned.
    let result: Prune.Result?
    let time: Duration
  }

  private func decide(_ progress: Latest<PruneProgress>) async throws -> Decision {
    let start = ContinuousClock.now
    let retention = try Retention(of: try await copy.snapshots().snapshots, settings.wishes, now: copy.surroundings.now())
    let prune = Prune(copy, removing: Set(retention.removed.map(\.id)), limits: settings.limits) { progress.set($0) }
    return Decision(retention: retention, prune: prune, plan: try await prune.plan(), start: start)
  }

  private func carryOut(_ decision: Decision) async throws -> Outcome {
    let result = try await decision.prune.run(decision.plan)
    return Outcome(
      retention: decision.retention, plan: decision.plan, result: result, time: ContinuousClock.now - decision.start)
  }

  /// Says why a location was not pruned.
  ///
  /// - Returns: whether it was merely skipped: protected, locked, or away.
  func report(_ error: any Error, _ console: Console) -> Bool {
    let summary = (error as? any Explainable)?.summary ?? "\(error)"
    let hint = (error as? any Explainable)?.hints.first
    switch error {
    case let error as StoreError where error.kind == .denied:
      console.emit(PruneEvent(location: copy.address, name: name, skipped: summary))
      console.warn(
        "\(title) is protected, and is not pruned: \(summary)",
        hint: "prune it from a host that may remove there: 'akiba prune --repository … --key-file … --keep-…'")
      return true
    case is StoreError:
      console.emit(PruneEvent(location: copy.address, name: name, skipped: summary))
      console.warn("\(title) is not pruned: \(summary)", hint: hint)
      return true
    case let error as RepositoryError where [.locked, .lockLost].contains(error.kind):
      console.emit(PruneEvent(location: copy.address, name: name, skipped: summary))
      console.warn("\(title) is not pruned: \(summary)", hint: hint ?? "'--wait SECONDS' waits for it")
      return true
    default:
      console.emit(PruneEvent(location: copy.address, name: name, error: summary))
      console.warn("\(title) is not pruned: \(summary)", hint: hint)
      return false
    }
  }

  // MARK: Showing

  private var title: String { name.map { "location '\($0)'" } ?? "'\(copy.address)'" }

  private func show(_ outcome: Outcome, _ console: Console) {
    let policy = settings.wishes.policy
    console.say(
      "\(title): \(policy.isEmpty ? "no policy, so no snapshot is removed that is not named; unused space is freed" : "keep \(policy)")")
    if !outcome.retention.entries.isEmpty { console.say("ID        FROZEN                          HOST             KEPT AS") }
    for entry in outcome.retention.entries {
      console.emit(RetentionEvent(entry, location: copy.address))
      let stored = entry.stored
      console.say(
        "\(stored.id.short)  \(stored.snapshot.time.description.padded(to: 30))  \(stored.snapshot.hostname.padded(to: 15))  "
          + (entry.isKept ? entry.reasons.map(\.description).joined(separator: ", ") : entry.isForgotten ? "REMOVED, as named" : "REMOVED"))
    }
    let absurd = outcome.retention.entries.filter(\.hasAbsurdTime)
    if let first = absurd.first {
      console.warn(
        "\(Wording.count(absurd.count, "snapshot")) at \(title) with an absurd time: no policy applies to \(absurd.count == 1 ? "it" : "them")",
        hint: "wrong clock? remove by id what nobody needs: 'akiba prune --forget \(first.stored.id.short)'")
    }
    console.emit(PruneEvent(copy.address, name, outcome.plan, isDone: outcome.result != nil, seconds: outcome.time.seconds))
    console.say(Self.summary(outcome))
  }

  private static func summary(_ outcome: Outcome) -> String {
    let plan = outcome.plan
    let (removed, freed) = outcome.result == nil ? ("would remove", "would free") : ("removed", "freed")
    let snapshots = plan.keptSnapshots + plan.removedSnapshots.count
    var text = "\(removed) \(plan.removedSnapshots.count) of \(Wording.count(snapshots, "snapshot")), "
    text += "\(freed) \(Wording.bytes(max(0, plan.bytesFreed))) of \(Wording.bytes(plan.bytesBefore)): "
    text += "\(Wording.count(plan.unusedPacks + plan.unindexedPacks, "unused pack")), \(plan.rewrittenPacks) rewritten"
    if plan.bytesMoved > 0 { text += " (\(Wording.bytes(plan.bytesMoved)) moved)" }
    return text + "; \(Wording.bytes(plan.bytesUnused)) unused left, \(Wording.duration(outcome.time))"
  }

  private static func line(_ progress: PruneProgress) -> String {
    if progress.step == .rewriting { return "moving what stays: \(Wording.bytes(progress.done)) of \(Wording.bytes(progress.total))" }
    let what =
      switch progress.step {
      case .indexes: "reading indexes"
      case .snapshots: "walking snapshots"
      case .forgetting: "removing snapshots"
      case .rewriting: "moving what stays"
      case .indexing: "writing indexes"
      case .removing: "removing packs"
      }
    return "\(what): \(progress.done) of \(progress.total)"
  }
}

extension Retention.Entry {
  fileprivate var hasAbsurdTime: Bool {
    isKept
      && reasons.contains {
        if case .absurdTime = $0 { return true }
        return false
      }
  }
}
