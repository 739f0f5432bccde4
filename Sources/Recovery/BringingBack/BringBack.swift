import Deployments
import Files
import Primitives
package import SystemPackage

/// Brings a deployment back in steps, each of which may be cut short and run again.
///
/// Up to `halt` nothing of the deployment is touched. From there to `start` nothing of it runs, and nothing starts it, a reboot neither. What
/// was there before is kept beside under another name until a person removes it.
package struct BringBack: Sendable {
  private let path: FilePath
  private let host: any BringBackHost
  private let note: @Sendable (BringBackJournal.Step) -> Void

  /// - Parameter journal: where it is kept.
  package init(journal path: FilePath, on host: any BringBackHost, note: @escaping @Sendable (BringBackJournal.Step) -> Void) {
    self.path = path
    self.host = host
    self.note = note
  }

  package func run(_ journal: BringBackJournal) async throws {
    var journal = journal
    try journal.write(to: path)
    while let step = journal.next {
      try Task.checkCancellation()
      note(step)
      try await run(step, &journal)
      journal.done.append(step)
      try journal.write(to: path)
    }
    try path.removeFile()
  }

  private func run(_ step: BringBackJournal.Step, _ journal: inout BringBackJournal) async throws {
    let parts = PartSwitch(journal.plan)
    switch step {
    case .stage: try await host.stage(journal.plan)
    case .prove: try await host.prove(journal.plan)
    case .adjust: try await host.adjust(journal.plan)
    case .halt:
      // Known before the first is stopped: a second run would find them stopped already.
      if journal.halted.isEmpty {
        journal.halted = try await host.containers(of: journal.plan)
        try journal.write(to: path)
      }
      try await host.halt(journal.halted)
      try OpenFiles.refuse(in: journal.plan)
    case .volumes: try await host.makeVolumes(journal.plan)
    case .moveAside: try parts.moveAside()
    case .place: try parts.place()
    case .clear: try await host.remove(journal.halted)
    case .start: try await host.start(journal.plan)
    case .confirm: try await host.confirm(journal.plan)
    case .tidy: try Folder.remove(FilePath(journal.plan.staging))
    }
  }

  /// As it was before: possible until CHT was started on what was restored.
  package func rollBack(_ journal: BringBackJournal) async throws {
    var journal = journal
    guard !journal.done.contains(.start) else {
      throw RecoveryError(
        .notPossible, "CHT was started on what was restored: data written since would be lost by going back",
        hints: [
          "finish it: run the same restore command again",
          "what was there before is in the folders named '…\(journal.plan.suffix)', for whoever has to take it back by hand",
        ])
    }
    journal.isRollingBack = true
    try journal.write(to: path)
    // Compose may have begun: what it made is stopped, and removed, as it would be started again just as it is, never to be by a reboot.
    if journal.next == .start {
      let made = try await host.containers(of: journal.plan)
      try await host.halt(made)
      try await host.remove(made)
    }
    try PartSwitch(journal.plan).takeBack()
    try await startAgain(journal)
    try path.removeFile()
  }

  private func startAgain(_ journal: BringBackJournal) async throws {
    guard !journal.halted.isEmpty else { return }
    // Cut short while it removed them, some containers are there and some are not.
    guard journal.next == .clear || journal.done.contains(.clear) else { return try await host.resume(journal.halted) }
    try await host.remove(journal.halted)
    try await host.start(journal.plan)
  }
}

/// What a restore does besides moving folders.
package protocol BringBackHost: Sendable {
  func stage(_ plan: BringBackPlan) async throws
  func prove(_ plan: BringBackPlan) async throws
  func adjust(_ plan: BringBackPlan) async throws
  /// The upgrade service first.
  func containers(of plan: BringBackPlan) async throws -> [BringBackJournal.Halted]
  func halt(_ containers: [BringBackJournal.Halted]) async throws
  func makeVolumes(_ plan: BringBackPlan) async throws
  func resume(_ containers: [BringBackJournal.Halted]) async throws
  func remove(_ containers: [BringBackJournal.Halted]) async throws
  func start(_ plan: BringBackPlan) async throws
  func confirm(_ plan: BringBackPlan) async throws
}
