import Deployments
import Files
import Primitives
import Recovery
import Repositories
import SystemPackage

/// This host, as a restore of a deployment changes it.
struct DeploymentHost: BringBackHost {
  /// Opens the copy the snapshot comes from; not asked for when the files are here.
  typealias Source = @Sendable (_ use: @escaping @Sendable (Repository) async throws -> Void) async throws -> Void

  let endpoint: DockerEndpoint
  let source: Source
  let console: Console

  // MARK: Files

  func stage(_ plan: BringBackPlan) async throws {
    try await source { copy in
      let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
      let stored = try await copy.snapshot(matching: plan.snapshot.hex)
      let contents = try await SnapshotContents(of: stored, reader: reader)
      let progress = RestoreProgress()
      let restore = Restore(
        contents, from: reader, to: FilePath(plan.staging), options: .init(setsOwner: Environment.isRoot), progress: progress)
      if try restore.isComplete() { return }
      _ = try await StatusReporter(console: console).during({ time in
        let state = progress.current
        return ["restoring: \(StatusReporter.amount(state.bytesDone, of: state.bytes, after: time))"]
      }) { try await restore.run() }
    }
  }

  func prove(_ plan: BringBackPlan) async throws {
    let progress = ProofProgress()
    let subject = try await ProofSubject(restored: FilePath(plan.staging))
    let report = try await StatusReporter(console: console).during({ _ in
      let state = progress.current
      return ["proving: \(state.filesDone) of \(state.files) files, \(Wording.bytes(state.bytesDone))"]
    }) { try await OfflineProof(of: subject, width: Environment.cores, progress: progress).run() }
    console.show(report.findings)
    guard !report.isClean, !plan.acceptsUnproven else { return }
    throw RecoveryError(
      .refused, "what was restored to '\(plan.staging)' is not proven: \(Wording.count(report.errors, "error"))",
      hints: [
        "take another location (--location NAME) or an older snapshot ('akiba snapshots' lists them): first "
          + "'akiba restore --roll-back' and 'rm -r \(plan.staging.asShellWord)'",
        "or go on all the same: the same command with --unproven",
      ])
  }

  func adjust(_ plan: BringBackPlan) async throws { try await StagedChanges(plan).make() }

  // MARK: The engine

  func containers(of plan: BringBackPlan) async throws -> [BringBackJournal.Halted] {
    let snapshot = try await EngineSnapshot(of: engine())
    return snapshot.containers(ofProject: plan.project).map {
      .init(id: $0.id, name: $0.name, restartPolicy: $0.restartPolicy, wasRunning: $0.state == .running)
    }
  }

  func halt(_ containers: [BringBackJournal.Halted]) async throws {
    let engine = try await engine()
    // All policies before the first is stopped: a reboot in between starts none of them.
    for container in containers {
      do { try await engine.setRestartPolicy(of: container.id, to: "no") } catch let error as DockerError {
        console.note("'\(container.name)' would be started by a reboot now: \(error.summary)")
      }
    }
    for container in containers { try await engine.stop(container.id) }
  }

  func makeVolumes(_ plan: BringBackPlan) async throws {
    let engine = try await engine()
    for part in plan.parts {
      guard let volume = part.volume else { continue }
      let short = volume.hasPrefix(plan.project + "_") ? String(volume.dropFirst(plan.project.count + 1)) : volume
      let made = try await engine.makeVolume(
        volume, labels: ["com.docker.compose.project": plan.project, "com.docker.compose.volume": short])
      guard made.mountpoint == part.target else {
        throw RecoveryError(
          .notPossible, "the engine has volume '\(volume)' in '\(made.mountpoint)', not in '\(part.target)'",
          hints: ["go back with --roll-back, then start anew"])
      }
    }
  }

  func resume(_ containers: [BringBackJournal.Halted]) async throws {
    let engine = try await engine()
    for container in containers.reversed() {
      do { try await engine.setRestartPolicy(of: container.id, to: container.restartPolicy) } catch is DockerError {}
      if container.wasRunning { try await engine.start(container.id) }
    }
  }

  func remove(_ containers: [BringBackJournal.Halted]) async throws {
    let engine = try await engine()
    for container in containers { try await engine.remove(stopped: container.id) }
  }

  func start(_ plan: BringBackPlan) async throws {
    try await ComposeCommand(console: console).up(in: FilePath(plan.upgradeService))
  }

  func confirm(_ plan: BringBackPlan) async throws {
    try await Confirmation(plan: plan, endpoint: endpoint, console: console).run()
  }

  private func engine() async throws -> DockerEngine { try await DockerEngine.connect(to: endpoint) }
}
