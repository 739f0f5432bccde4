import ArgumentParser
import Files
import Primitives
import Repositories
import ResticFormat
import Synchronization

struct SyncCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Copy to each location the snapshots it lacks, from the other locations.",
    discussion: """
      The deployment itself is not read. Objects are copied as they are, each compared with its name, and nothing is removed. What is \
      there is not sent again, so a run that was stopped goes on where it was.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Copy from this location only.", valueName: "location"))
  var from: String?

  @Option(help: ArgumentHelp("Complete this location only.", valueName: "location"))
  var to: String?

  @Flag(help: "Say what each location lacks, and copy nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Wait so long for another program's lock on a repository.", valueName: "seconds"))
  var wait = 0

  func validate() throws {
    if let from, from == to { throw ValidationError("--from and --to name the same location") }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configurationOptions.read()
    Priority.yieldToOthers()
    for name in [from, to] { if let name { _ = try configuration.location(named: name) } }
    let (opened, failures) = try await Opening.all(configuration) { console.note($0) }
    for failure in failures { failure.show(on: console, "is left out") }
    let copies = opened.filter { from == nil || to == nil || isNamed($0, configuration, from) || isNamed($0, configuration, to) }
    try checkCount(copies, configuration)
    let lost = LostLocks()
    let isComplete = try await RepositoryLocks.hold(
      .shared, on: copies, waiting: .seconds(wait), note: { console.note($0) }, lost: { lost.note($0) }
    ) { locks in
      for failure in locks.failures { warn(failure, configuration, console) }
      return try await sync(locks.copies, configuration, lost, console) && locks.failures.isEmpty
    }
    return isComplete && failures.areAllExpected ? .success : .partial
  }

  /// - Returns: whether every location has everything now.
  private func sync(_ copies: [Repository], _ configuration: Configuration, _ lost: LostLocks, _ console: Console) async throws -> Bool {
    var inventories: [Inventory] = []
    var isComplete = true
    for (copy, result) in zip(copies, try await Inventory.take(of: copies)) {
      switch result {
      case .success(let inventory): inventories.append(inventory)
      case .failure(let error):
        warn(StoreFailure(address: copy.address, error: error), configuration, console)
        isComplete = false
      }
    }
    let sources = inventories.filter { from == nil || isNamed($0.repository, configuration, from) }
    let targets = inventories.filter { inventory in
      to == nil ? !isNamed(inventory.repository, configuration, from) : isNamed(inventory.repository, configuration, to)
    }
    let records = configuration.records(console)
    let work = targets.map { target in
      let siblings = sources.filter { $0.repository.address != target.repository.address }
      let unwanted = configuration.unwanted(
        at: target.repository.address, among: Inventory.snapshots(of: [target] + siblings), records)
      return SyncWork(
        target: target, siblings: siblings, unwanted: unwanted,
        name: configuration.name(of: target.repository.address), lost: lost)
    }
    if dryRun { return try await Self.show(work, configuration, console) && isComplete }
    let progress = SyncProgress()
    let clock = ContinuousClock()
    let start = clock.now
    let results = try await StatusReporter(console: console).during({ [progress.line($0)] }) {
      try await withThrowingTaskGroup(of: SyncResult.self) { group in
        for work in work { group.addTask { try await work.run(progress, configuration) } }
        return try await group.reduce(into: [SyncResult]()) { $0.append($1) }
      }
    }
    for result in results.sorted(by: { $0.name < $1.name }) {
      result.show(after: clock.now - start, configuration, console)
      isComplete = isComplete && result.isComplete
    }
    return isComplete
  }

  private static func show(_ work: [SyncWork], _ configuration: Configuration, _ console: Console) async throws -> Bool {
    var isComplete = true
    for work in work {
      let plans = try await CatchUp.plans(for: work.target, from: work.siblings) { !work.unwanted.contains($0.id) }
      for damage in plans.damaged { console.warn(damage.summary, hint: damage.hints.first) }
      for failure in plans.failures {
        console.warn("location '\(configuration.name(of: failure.address))': \(failure.summary)", hint: failure.hint)
      }
      isComplete = isComplete && plans.damaged.isEmpty && plans.failures.isEmpty
      let snapshots = plans.plans.flatMap(\.snapshots)
      console.emit(SyncPlanEvent(location: work.name, snapshots: snapshots.map(\.id.hex), bytes: plans.bytes))
      guard !snapshots.isEmpty else {
        console.say("location '\(work.name)' lacks nothing")
        continue
      }
      console.say("location '\(work.name)' lacks \(Wording.count(snapshots.count, "snapshot")): \(Wording.bytes(plans.bytes)) to copy")
      for plan in plans.plans {
        for stored in plan.snapshots {
          console.say("  \(stored.id.short)  \(stored.snapshot.time)  from '\(configuration.name(of: plan.source.address))'")
        }
      }
    }
    return isComplete
  }

  // MARK: Details

  private func checkCount(_ copies: [Repository], _ configuration: Configuration) throws {
    for name in [from, to] {
      guard let name, !copies.contains(where: { isNamed($0, configuration, name) }) else { continue }
      throw LocationError(summary: "location '\(name)' cannot be reached", hints: ["see the warning above"])
    }
    guard copies.count < 2 else { return }
    let count = configuration.locations.count
    throw LocationError(
      summary: count < 2 ? "there is one location: nothing to copy from or to" : "only one of \(count) locations can be reached",
      hints: [count < 2 ? "'akiba init --to NAME=FOLDER' makes another one" : "make another one reachable, then run the same command again"]
    )
  }

  private func isNamed(_ copy: Repository, _ configuration: Configuration, _ name: String?) -> Bool {
    configuration.name(of: copy.address) == name
  }

  private func warn(_ failure: StoreFailure, _ configuration: Configuration, _ console: Console) {
    console.warn("location '\(configuration.name(of: failure.address))' is left out: \(failure.summary)", hint: failure.hint)
  }
}

/// One location to complete.
private struct SyncWork: Sendable {
  let target: Inventory
  let siblings: [Inventory]
  let unwanted: Set<ContentID>
  let name: String
  let lost: LostLocks

  func run(_ progress: SyncProgress, _ configuration: Configuration) async throws -> SyncResult {
    let room = RoomGuard(configuration.deployment, writingTo: configuration.locations.filter { $0.name == name })
    do {
      let outcome = try await CatchUp.complete(
        target, from: siblings, wanted: { !unwanted.contains($0.id) },
        progress: { state in
          if state.objects == 0 { try room.check(bytes: state.total) }
          progress.update(name, state)
          try lost.check(target.repository.address)
        })
      return SyncResult(name: name, outcome: outcome, error: nil)
    } catch {
      try Task.checkCancellation()
      return SyncResult(name: name, outcome: nil, error: StoreFailure(address: target.repository.address, error: error))
    }
  }
}

private struct SyncResult: Sendable {
  let name: String
  let outcome: CatchUp.Outcome?
  let error: StoreFailure?

  var isComplete: Bool { outcome.map { $0.damaged.isEmpty && $0.failures.isEmpty } ?? false }

  func show(after time: Duration, _ configuration: Configuration, _ console: Console) {
    console.emit(
      SyncEvent(
        location: name, complete: isComplete, snapshots: outcome?.snapshots.map(\.id.hex) ?? [], objects: outcome?.objects ?? 0,
        bytes: outcome?.bytes ?? 0, seconds: time.seconds, error: error?.summary))
    if let error { console.warn("location '\(name)' failed: \(error.summary)", hint: error.hint ?? "run the same command again") }
    guard let outcome else { return }
    for failure in outcome.failures {
      console.warn("location '\(configuration.name(of: failure.address))' failed: \(failure.summary)", hint: failure.hint)
    }
    for damage in outcome.damaged { console.warn(damage.summary, hint: damage.hints.first) }
    let copied =
      "\(Wording.count(outcome.snapshots.count, "snapshot")), \(Wording.bytes(outcome.bytes)) copied in \(Wording.duration(time))"
    console.say("location '\(name)': \(outcome.objects == 0 ? "lacks nothing" : copied)")
  }
}

/// Of all locations together.
private final class SyncProgress: Sendable {
  private let state = Mutex<[String: CatchUp.Progress]>([:])

  func update(_ location: String, _ progress: CatchUp.Progress) { state.withLock { $0[location] = progress } }

  func line(_ time: Duration) -> String {
    let all = state.withLock { Array($0.values) }
    guard !all.isEmpty else { return "comparing locations …" }
    return "copying: \(StatusReporter.amount(all.reduce(0) { $0 + $1.bytes }, of: all.reduce(0) { $0 + $1.total }, after: time))"
  }
}

/// A location without a lock is written to no more.
private final class LostLocks: Sendable {
  private let failures = Mutex<[StoreFailure]>([])

  func note(_ failure: StoreFailure) { failures.withLock { $0.append(failure) } }

  func check(_ address: String) throws {
    if let failure = failures.withLock({ $0.first { $0.address == address } }) { throw failure.error }
  }
}

private struct SyncEvent: Encodable {
  let type = "sync"
  let location: String
  let complete: Bool
  let snapshots: [String]
  let objects: Int
  let bytes: Int
  let seconds: Double
  let error: String?
}

private struct SyncPlanEvent: Encodable {
  let type = "sync-plan"
  let location: String
  let snapshots: [String]
  let bytes: Int
}
