import Backup
import Deployments
import Files
import Primitives
import Recovery
import Repositories
import ResticFormat
import SystemPackage

/// `akiba restore --deployment`: plans, or goes on with what an earlier run planned, or goes back.
struct DeploymentRestore {
  let snapshot: String
  let reading: ReadingOptions
  let options: BringBackOptions
  let isDryRun: Bool
  let acceptsUnproven: Bool
  let console: Console

  func run() async throws -> ExitStatus {
    guard Environment.isRoot else {
      throw RecoveryError(.refused, "a deployment is brought back by root", hints: ["run the same command with sudo"])
    }
    try Folder.make(options.stateFolder)
    guard let lock = try FolderLock(options.stateFolder) else {
      throw RecoveryError(.refused, "another restore of a deployment runs on this host", hints: ["wait until it has ended"])
    }
    defer { withExtendedLifetime(lock) {} }
    let unfinished = try journals()
    if options.rollBack { return try await rollBack(unfinished) }
    if let (path, journal) = unfinished.first { return try await goOn(with: journal, at: path) }
    return try await begin()
  }

  // MARK: Beginning

  private func begin() async throws -> ExitStatus {
    let endpoint = try await self.endpoint()
    guard ComposeCommand.installed() != nil else { throw ComposeCommand.missing }
    let engine = try await DockerEngine.connect(to: endpoint)
    let present = try await EngineSnapshot(of: engine)
    guard present.isLocal else {
      throw RecoveryError(
        .refused, "the docker engine at '\(endpoint)' is another machine's", hints: ["run this command there, without DOCKER_HOST"])
    }
    let plan = try await withCopy { copy in
      let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
      let stored = try await copy.snapshot(matching: snapshot, preferring: BackupRun.tag)
      let contents = try await SnapshotContents(of: stored, reader: reader)
      guard let manifest = try await contents.manifest(reader) else {
        throw RecoveryError(
          .refused, "snapshot '\(stored.id.short)' was not made by akiba", hints: ["restore it to a folder: --to FOLDER"])
      }
      let planner = BringBackPlanner(
        manifest: manifest, snapshot: stored.id, repository: copy.config.id, wishes: options.wishes(acceptsUnproven: acceptsUnproven),
        engine: present,
        couchDBVersion: await engine.couchDBVersion(ofImageIn: manifest))
      let plan = try planner.plan(environment: try await environment(in: contents, reader), stamp: Environment.stamp)
      let restore = Restore(
        contents, from: reader, to: FilePath(plan.staging), options: .init(setsOwner: true), progress: RestoreProgress())
      BringBackText(plan: plan, frozen: manifest.facts.frozen, items: try restore.plan()).show(on: console)
      return plan
    }
    if isDryRun { return .success }
    return try await carryOut(BringBackJournal(plan), at: options.stateFolder.appending("restore-\(plan.project).json"), on: endpoint)
  }

  private func environment(in contents: SnapshotContents, _ reader: RepositoryReader) async throws -> EnvironmentFile? {
    let path = CapturedFolder.Place.upgradeService.snapshotPath + "/.env"
    guard let item = contents.files.first(where: { $0.path == path }) else { return nil }
    return try EnvironmentFile(bytes: await reader.load(item.node.content)) { _ in nil }
  }

  // MARK: Going on

  private func journals() throws -> [(path: FilePath, journal: BringBackJournal)] {
    try Folder.entries(of: options.stateFolder).map(\.name.string).filter { $0.hasPrefix("restore-") && $0.hasSuffix(".json") }.sorted()
      .compactMap { name in
        let path = options.stateFolder.appending(name)
        return try BringBackJournal.read(from: path).map { (path, $0) }
      }.filter { options.project == nil || $0.journal.plan.project == options.project }
  }

  private func goOn(with journal: BringBackJournal, at path: FilePath) async throws -> ExitStatus {
    let plan = journal.plan
    guard !journal.isRollingBack else {
      throw RecoveryError(
        .refused, "going back to what was there before the restore of '\(plan.project)' has begun and is not finished",
        hints: ["finish it: akiba restore --roll-back"])
    }
    guard snapshot == "latest" || plan.snapshot.hex.hasPrefix(snapshot) else {
      throw RecoveryError(
        .refused, "a restore of snapshot '\(plan.snapshot.short)' is not finished",
        hints: [
          "go on with it: akiba restore \(plan.snapshot.short) --deployment, with the same location",
          "or go back to what was there: akiba restore --roll-back",
        ])
    }
    var journal = journal
    if acceptsUnproven { journal.plan.acceptsUnproven = true }
    if isDryRun {
      showState(of: journal)
      return .success
    }
    console.note("going on with the restore of snapshot \(plan.snapshot.short) as '\(plan.project)'")
    return try await carryOut(journal, at: path, on: endpoint())
  }

  private func showState(of journal: BringBackJournal) {
    let plan = journal.plan
    console.say("a restore of snapshot \(plan.snapshot.short) as '\(plan.project)' is not finished")
    for step in BringBackJournal.Step.allCases {
      console.say("  \(journal.done.contains(step) ? "done " : "to do")  \(BringBackText.line(for: step, plan))")
    }
    if journal.isHalted { console.say("CHT is stopped meanwhile") }
    console.say("finish it: the same command without --dry-run; or go back: akiba restore --roll-back")
  }

  /// What a person has to know who sees a restore end before its time.
  private func warnIfHalted(_ path: FilePath) {
    guard let journal = try? BringBackJournal.read(from: path), journal.isHalted else { return }
    console.warn(
      "CHT is stopped now, and nothing starts it", hint: "finish: run the same command again; or go back: akiba restore --roll-back")
  }

  private func rollBack(_ unfinished: [(path: FilePath, journal: BringBackJournal)]) async throws -> ExitStatus {
    guard let (path, journal) = unfinished.first else {
      throw RecoveryError(
        .refused, "no restore of a deployment is unfinished on this host",
        hints: ["what was there before a finished one is in the folders named '….before-restore-…'"])
    }
    let host = try await DeploymentHost(endpoint: endpoint(), source: { _ in }, console: console)
    try await BringBack(journal: path, on: host, note: { _ in }).rollBack(journal)
    console.say("what was there before is back\(journal.halted.isEmpty ? "" : ", and is being started: docker ps")")
    if try FileMetadata.ifPresent(FilePath(journal.plan.staging)) != nil {
      console.say("what was restored is not needed any more: rm -r \(journal.plan.staging.asShellWord)")
    }
    return .success
  }

  private func carryOut(_ journal: BringBackJournal, at path: FilePath, on endpoint: DockerEndpoint) async throws -> ExitStatus {
    let plan = journal.plan
    let start = ContinuousClock.now
    let host = DeploymentHost(endpoint: endpoint, source: { use in try await withCopy(use) }, console: console)
    do {
      try await BringBack(journal: path, on: host, note: { console.note(BringBackText.line(for: $0, plan)) }).run(journal)
    } catch {
      warnIfHalted(path)
      throw error
    }
    console.emit(
      DeploymentRestoredEvent(
        snapshot: plan.snapshot.hex, project: plan.project, aside: plan.asides.map(\.string), seconds: (ContinuousClock.now - start).seconds
      ))
    for line in BringBackText.afterwards(plan) { console.say(line) }
    return .success
  }

  // MARK: What is needed

  private func withCopy<Value: Sendable>(_ use: @escaping @Sendable (Repository) async throws -> Value) async throws -> Value {
    let copy = try await Opening.one(reading, console)
    return try await console.withReadLock(on: copy) { try await use(copy) }
  }

  private func endpoint() async throws -> DockerEndpoint {
    var failure: (any Error)?
    for endpoint in try Environment.endpoints(named: nil) {
      do {
        _ = try await DockerEngine.connect(to: endpoint)
        return endpoint
      } catch { failure = failure ?? error }
    }
    let reason = (failure as? any Explainable)?.summary ?? "nothing listens where engines do"
    throw RecoveryError(
      .refused, "no docker engine answers on this host: \(reason)",
      hints: ["install and start it: apt-get install docker.io; then run the same command again"])
  }
}

private struct DeploymentRestoredEvent: Encodable {
  let type = "deployment-restored"
  let snapshot: String
  let project: String
  let aside: [String]
  let seconds: Double
}
