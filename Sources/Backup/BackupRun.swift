import CouchFormat
package import Deployments
import Files
package import Primitives
package import Repositories
import ResticFormat
import Stores
import Synchronization
package import SystemPackage

/// One backup: freeze, then copy, to every location at once.
package struct BackupRun: Sendable {
  package struct Options: Sendable {
    /// Take what is there even if the shard map names a shard that is not; the snapshot is marked.
    package var allowsMissingShards = false
    /// How long to wait for somebody else's lock.
    package var lockWait = Duration.zero
    /// Called when it is known how many bytes will be read at most; throws where that many would do harm.
    package var checkRoom: @Sendable (_ bytes: Int) throws -> Void = { _ in }
    /// Snapshots that a location which was away is not to get, out of those that any location has.
    package var unwanted: @Sendable (_ address: String, _ all: [StoredSnapshot]) -> Set<ContentID> = { _, _ in [] }
    /// A folder with evidence of drills, which goes along; it need not be there.
    package var evidence: FilePath?
    package var descriptorLimit: Int
    package var programVersion: String

    package init(descriptorLimit: Int, programVersion: String) {
      self.descriptorLimit = descriptorLimit
      self.programVersion = programVersion
    }
  }

  /// Marks a snapshot whose source lacked something or went back.
  package static let suspectTag = SnapshotTag.suspect
  package static let tag = SnapshotTag.own

  package static func tag(deployment: String) -> String { SnapshotTag.deployment(deployment) }

  private let deployment: Deployment
  private let survey: Survey
  private let copies: [Repository]
  private let surroundings: Surroundings
  private let options: Options
  private let progress: BackupProgress

  /// - Parameter copies: opened copies of one repository, at least one.
  package init(
    of deployment: Deployment, survey: Survey = Survey(), to copies: [Repository], surroundings: Surroundings, options: Options,
    progress: BackupProgress
  ) {
    self.deployment = deployment
    self.survey = survey
    self.copies = copies
    self.surroundings = surroundings
    self.options = options
    self.progress = progress
  }

  /// - Parameter found: the deployment's data folders; looking at them may be under way while the locations are asked.
  package func run(on found: @escaping @Sendable () async throws -> FoundNodes) async throws -> BackupReport {
    let notes = Mutex<[String]>([])
    let losses = LostLocks()
    return try await RepositoryLocks.hold(
      .shared, on: copies, waiting: options.lockWait, note: { note in notes.withLock { $0.append(note) } },
      lost: { losses.note($0) }
    ) { locks in
      let started = surroundings.now()
      for copy in locks.copies { _ = try? await copy.store.removeLeftovers(now: started.seconds) }
      let (mirror, plans, memory) = try await prepare(locks.copies, found, now: started) { note in notes.withLock { $0.append(note) } }
      return try await PackWriter.run(to: mirror.copies, indexes: mirror.indexes, backlog: mirror.backlog) { writer in
        losses.tell(writer)
        let snapshot = try await write(writer, started: started, plans: plans, memory: memory)
        return try await complete(
          snapshot, writer, earlierFailures: locks.failures + mirror.failures, caughtUp: mirror.bytes, notes: notes.withLock { $0 })
      }
    }
  }

  /// What the locations have, what the first that can be read remembers, and what is in the data folders.
  private func prepare(
    _ locked: [Repository], _ found: @Sendable () async throws -> FoundNodes, now: Timestamp, note: @Sendable (String) -> Void
  ) async throws -> (CaughtUpCopies, [NodePlan], Memory) {
    let mirror = try await CaughtUpCopies(locked, unwanted: options.unwanted)
    mirror.notes.forEach(note)
    var memory: Memory?
    var nodes: FoundNodes?
    for (reader, snapshots) in mirror.inReadingOrder where memory == nil {
      do {
        let remembering = Remembering(reader: reader, snapshots: snapshots, now: now)
        guard let last = try await remembering.last(ofSnapshotsTagged: [Self.tag, Self.tag(deployment: deployment.name)]) else {
          memory = Memory()
          continue
        }
        progress.update { $0.phase = .listing }
        nodes = try? await found().fresh(in: deployment, now: surroundings.now)
        if let nodes { memory = try await untouched(nodes, since: last, reader, mirror) }
        if memory == nil { memory = try await remembering.memory(of: consume last) }
      } catch let error as any Explainable {
        note("'\(reader.repository.address)' cannot tell what the last snapshot holds: \(error.summary)")
      }
    }
    if memory == nil { note("everything is read again") }
    if let nodes, let memory, memory.untouched != nil { return (mirror, nodes.plans, memory) }
    progress.update { $0.phase = .listing }
    let known = if let nodes { nodes } else { try await found() }
    // Reading the memory of a slow location takes its time.
    return (mirror, try await known.fresh(in: deployment, now: surroundings.now).plans, memory ?? .lost)
  }

  private func untouched(
    _ nodes: FoundNodes, since last: LastSnapshot, _ reader: RepositoryReader, _ mirror: CaughtUpCopies
  ) async throws -> Memory? {
    let untouched = UntouchedNodes(
      plans: nodes.plans, indexes: deployment.indexes, programVersion: options.programVersion, last: last, reader: reader)
    let indexes = mirror.indexes
    let frozen = try await untouched.take { blob in indexes.allSatisfy { $0.contains(blob) } }
    return frozen.map { Memory(parent: last.stored.id, untouched: $0) }
  }

  /// Everything until the fastest location has the snapshot.
  private func write(_ writer: PackWriter, started: Timestamp, plans: [NodePlan], memory: Memory) async throws -> BackupReport {
    let meter = ReadMeter()
    let frozen = try await Freeze(
      deployment: deployment, plans: plans, memory: memory, meter: meter, progress: progress, descriptorLimit: options.descriptorLimit,
      now: { surroundings.now() }
    ).run()
    if !options.allowsMissingShards { try frozen.refuseMissingShards(command: "akiba backup") }
    try options.checkRoom(frozen.announce(to: progress))

    let tree = SnapshotTree(moment: frozen.frozenAt)
    let files = RepositoryFiles(writer: writer, tree: tree)
    let pass = SecondPass(
      deployment: deployment, survey: survey, frozen: frozen, evidence: options.evidence, meter: meter, progress: progress)
    let assembly = try await pass.run(into: files, copying: CopyStage(writer: writer, meter: meter, progress: progress, tree: tree).copy)
    let manifest = assembly.manifest(
      started: started, ended: surroundings.now(), host: surroundings.hostname, version: options.programVersion)
    try await OwnFiles(sink: files).store(manifest, of: deployment, repositories: copies.map(\.address))
    let root = try await tree.save(with: writer)
    let summary = try await writer.finish()
    let id = try await writer.save(snapshot(root, parent: memory.parent, frozen: frozen, isTrusted: manifest.facts.trusted))
    return BackupReport(
      snapshot: id, manifest: manifest, findings: assembly.allFindings, freezeWidth: frozen.width, filesReused: assembly.reused,
      filesGrown: assembly.grown, filesNew: assembly.fresh, bytesRead: meter.bytesRead, filesOpened: meter.filesOpened,
      stored: summary.statistics)
  }

  /// The slower locations get what they lack from the others.
  private func complete(
    _ written: BackupReport, _ writer: PackWriter, earlierFailures: [StoreFailure], caughtUp: [String: Int], notes: [String]
  ) async throws -> BackupReport {
    var report = written
    report.fellBehind = writer.outstanding
    progress.update { state in
      state.phase = .completing
      state.outstanding = { writer.outstanding }
    }
    let summary = try await writer.complete()
    report.failures = earlierFailures + summary.failures
    report.completed = copies.map(\.address).filter(summary.completed.contains)
    report.caughtUp = caughtUp.filter { report.completed.contains($0.key) }
    report.notes = notes
    return report
  }

  private func snapshot(_ root: ContentID, parent: ContentID?, frozen: FrozenDeployment, isTrusted: Bool) -> Snapshot {
    Snapshot(
      time: frozen.frozenAt, parent: parent, tree: root, paths: ["/"], hostname: surroundings.hostname, username: surroundings.username,
      userID: surroundings.userID, groupID: surroundings.groupID,
      tags: [Self.tag, Self.tag(deployment: deployment.name)] + (isTrusted ? [] : [Self.suspectTag]),
      programVersion: "akiba \(options.programVersion)")
  }
}

/// Locks that were lost, also before there is a writer to tell: a location without a lock is written to no more.
private final class LostLocks: Sendable {
  private struct State {
    var writer: PackWriter?
    var failures: [StoreFailure] = []
  }

  private let state = Mutex(State())

  func note(_ failure: StoreFailure) {
    let writer = state.withLock { state in
      state.failures.append(failure)
      return state.writer
    }
    writer?.drop(address: failure.address, because: failure.error)
  }

  func tell(_ writer: PackWriter) {
    let failures = state.withLock { state in
      state.writer = writer
      return state.failures
    }
    for failure in failures { writer.drop(address: failure.address, because: failure.error) }
  }
}
