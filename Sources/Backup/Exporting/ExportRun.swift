import CouchFormat
package import Deployments
package import Files
import Primitives
package import Repositories
import ResticFormat
package import SystemPackage

/// One export: freeze, then bring a plain tree of the deployment up to date, so that any other tool can take it.
package struct ExportRun: Sendable {
  package struct Options: Sendable {
    /// Take what is there even if the shard map names a shard that is not; the tree is marked.
    package var allowsMissingShards = false
    /// Replace a tree that has more than the source, or that was another host's.
    package var acceptsLoss = false
    /// Owners can be set only by root.
    package var setsOwner = false
    /// Called when it is known how much room is needed at most; throws where that much would do harm.
    package var checkRoom: @Sendable (_ bytes: Int) throws -> Void = { _ in }
    /// Folders that the tree must not lie in or contain, beside those that are exported.
    package var apartFrom: [(path: FilePath, what: String)] = []
    package var descriptorLimit: Int
    package var programVersion: String

    package init(descriptorLimit: Int, programVersion: String) {
      self.descriptorLimit = descriptorLimit
      self.programVersion = programVersion
    }
  }

  private let deployment: Deployment
  private let survey: Survey
  private let surroundings: Surroundings
  private let options: Options
  private let progress: BackupProgress

  package init(
    of deployment: Deployment, survey: Survey = Survey(), surroundings: Surroundings, options: Options, progress: BackupProgress
  ) {
    self.deployment = deployment
    self.survey = survey
    self.surroundings = surroundings
    self.options = options
    self.progress = progress
  }

  // MARK: Into a folder

  /// - Parameter path: absolute; made if it is not there.
  package func run(to path: FilePath) async throws -> ExportReport {
    let started = surroundings.now()
    let meter = ReadMeter()
    let folder = try ExportFolder(
      path, of: deployment, host: surroundings.hostname, acceptingHost: options.acceptsLoss, apartFrom: sources + options.apartFrom)
    let known = try ExportMemory(of: folder)
    let yardstick = options.acceptsLoss ? [:] : known.memory.yardstick
    var frozen = try await freeze(Memory(files: known.memory.files, yardstick: yardstick), meter)
    if known.isLost { frozen.findings.append(Self.lostMemory(of: path)) }
    try refuseLoss(frozen, in: path)
    _ = frozen.announce(to: progress)
    let room = ExportRoom(frozen: frozen, root: folder.root)
    let needed = try room.needed()
    try options.checkRoom(needed)
    try room.check(needed)

    try folder.begin()
    let tree = ExportTree(folder.root, setsOwner: options.setsOwner)
    try ExportError.writing { try folder.root.setMetadata(owner: nil, permissions: 0o700) }
    try tree.removeUnfinished()
    let stage = ExportStage(tree: tree, stamps: known.stamps, meter: meter, progress: progress)
    let (assembly, manifest, record) = try await assemble(frozen, into: tree, meter: meter, started: started, copying: stage.copy)
    try tree.removeStrays()
    try tree.sync()
    try folder.complete(state(manifest, record, tree, yardstick: yardstick))
    return ExportReport(assembly, manifest, frozen: frozen, meter: meter, counts: tree.counts, notes: known.notes)
  }

  private var sources: [(path: FilePath, what: String)] {
    deployment.nodes.flatMap { node in
      [(node.dataFolder, "CouchDB's data folder")] + node.settings.map { ($0, "a folder that is exported itself") }
    } + deployment.folders.map { ($0.source, "a folder that is exported itself") }
  }

  private func state(_ manifest: Manifest, _ record: FileRecord, _ tree: ExportTree, yardstick: [String: CouchRecord]) -> ExportState {
    var state = ExportState(deployment: deployment.name, host: surroundings.hostname)
    state.manifest = record.sha256
    state.stamps = tree.stamps
    if !manifest.facts.trusted { state.yardstick = yardstick }
    return state
  }

  /// A tree is one moment only: the loss would replace the only copy in it.
  private func refuseLoss(_ frozen: FrozenDeployment, in path: FilePath) throws {
    let losses = frozen.findings.filter { $0.severity == .error && [.shardWentBack, .shardBecameEmpty].contains($0.kind) }
    guard let first = losses.first else { return }
    let others = losses.count > 1 ? " (and \(losses.count - 1) more)" : ""
    throw ExportError(
      .wentBack, "\(first.message.replacing("the last sound snapshot", with: "the tree"))\(others); '\(path)' is left as it is",
      hints: [
        "if nobody restored or emptied it on purpose, take it from '\(path)', which has the earlier state",
        "if it is meant, 'akiba export --accept' replaces the tree",
      ])
  }

  private static func lostMemory(of path: FilePath) -> Finding {
    Finding(
      .error, .memoryLost, file: SnapshotLayout.manifest,
      message: "the manifest in '\(path)' is damaged or gone, so whether anything went back since the last export is not known",
      remedy: "look at the counts of documents in the new manifest; the next export compares with it")
  }

  // MARK: As a stream

  /// One tar archive on `output`, nothing on disk. If it cannot be brought to its end, the archive ends where every tar notices.
  package func run(streamingTo output: ByteOutput) async throws -> ExportReport {
    let started = surroundings.now()
    let meter = ReadMeter()
    let frozen = try await freeze(Memory(), meter)
    _ = frozen.announce(to: progress)
    let archive = TarArchive(TarStream(to: output), progress: progress, meter: meter, moment: frozen.frozenAt)
    let (assembly, manifest, _) = try await assemble(frozen, into: archive, meter: meter, started: started, copying: archive.copy)
    try archive.finish()
    var counts = ExportTree.Counts()
    counts.filesWritten = manifest.totals.files
    counts.bytesWritten = archive.byteCount
    return ExportReport(assembly, manifest, frozen: frozen, meter: meter, counts: counts)
  }

  // MARK: Both

  private func freeze(_ memory: Memory, _ meter: ReadMeter) async throws -> FrozenDeployment {
    progress.update { $0.phase = .listing }
    let frozen = try await Freeze(
      deployment: deployment, plans: try await NodePlan.all(of: deployment, now: surroundings.now), memory: memory, meter: meter,
      progress: progress,
      descriptorLimit: options.descriptorLimit,
      now: { surroundings.now() }
    ).run()
    if !options.allowsMissingShards { try frozen.refuseMissingShards(command: "akiba export") }
    return frozen
  }

  private func assemble<Sink: FileSink>(
    _ frozen: FrozenDeployment, into sink: Sink, meter: ReadMeter, started: Timestamp, copying: (FrozenNode) async throws -> CopyResult
  ) async throws -> (Assembly, Manifest, FileRecord) {
    let pass = SecondPass(deployment: deployment, survey: survey, frozen: frozen, meter: meter, progress: progress)
    let assembly = try await pass.run(into: sink, copying: copying)
    let manifest = assembly.manifest(
      started: started, ended: surroundings.now(), host: surroundings.hostname, version: options.programVersion)
    return (assembly, manifest, try await OwnFiles(sink: sink).store(manifest, of: deployment, repositories: []))
  }
}
