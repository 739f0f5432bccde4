import CouchFormat
import Deployments
import Files
import Primitives
package import Repositories
import ResticFormat
package import SystemPackage

/// Puts a database out of a snapshot beside the live ones, into the data folder of a CouchDB that may be running.
///
/// Only adds files: under names that CouchDB passes over until all of them are durable and proven, then under their own, which no map names
/// yet. Ended at any moment, it goes on when it is run again.
package struct BesideRestore: Sendable {
  package struct Options: Sendable {
    /// Go on though the proof failed.
    package var acceptsUnproven = false
    /// Files proven at once.
    package var width = 1
    /// Who runs this: only root can give files to CouchDB.
    package var user: UInt32

    package init(user: UInt32) { self.user = user }
  }

  package struct Report: Sendable {
    package internal(set) var filesWritten = 0
    /// In place since an earlier run.
    package internal(set) var filesKept = 0
    package internal(set) var bytesFetched = 0
    package internal(set) var proof = ProofReport()
  }

  private static let window = 4

  private let plan: BesidePlan
  private let root: FilePath
  private let restore: FileRestore
  private let options: Options
  private let progress: RestoreProgress
  private let proving: ProofProgress

  /// - Parameter root: CouchDB's live data folder.
  package init(
    _ plan: BesidePlan, from reader: RepositoryReader, into root: FilePath, options: Options, progress: RestoreProgress,
    proving: ProofProgress
  ) {
    self.plan = plan
    self.root = root
    self.options = options
    self.progress = progress
    self.proving = proving
    restore = FileRestore(reader: reader, setsOwner: false)
  }

  /// Refuses what `run` would refuse before it writes anything.
  ///
  /// - Returns: the files that are not there yet.
  package func check() async throws -> [BesidePlan.File] {
    let (_, present) = try await look()
    return plan.files.filter { !present.contains($0.path) }
  }

  /// - Throws: `alreadyThere` and others of `BesideCheck`; `refused` if the proof found errors: then nothing of it is left.
  package func run() async throws -> Report {
    try DataFolderError.check(root)
    guard let lock = try FolderLock(root) else {
      throw RecoveryError(.targetInUse, "another akiba is at work in '\(root)'", hints: ["wait until it has ended"])
    }
    defer { withExtendedLifetime(lock) {} }
    let (live, present) = try await look()
    let wanted = plan.files.filter { !present.contains($0.path) }
    var report = Report()
    report.filesKept = present.count
    let folders = AddedFolders(in: live)
    try removeStrays(live, besides: wanted)
    for file in wanted { try folders.make(above: file.path) }
    report.bytesFetched = try await fetch(wanted, live)
    report.proof = try await prove(wanted, live)
    guard report.proof.isClean || options.acceptsUnproven else {
      try discard(wanted, live, folders)
      let finding = report.proof.findings.first { $0.severity == .error }
      throw RecoveryError(
        .refused,
        "what snapshot '\(plan.snapshot)' has of '\(plan.database)' is not proven, and nothing was added: \(finding?.message ?? "no files")",
        hints: [
          "take it from another location, or an older snapshot: 'akiba snapshots' lists them",
          "or add it all the same: --unproven",
        ])
    }
    try publish(wanted, live)
    try folders.sync(plan.files.map(\.path))
    report.filesWritten = wanted.count
    return report
  }

  private func look() async throws -> (LiveDataFolder, present: Set<String>) {
    let live = try await LiveDataFolder(root)
    guard options.user == 0 || options.user == live.file.owner else {
      throw RecoveryError(
        .notPossible, "CouchDB's files in '\(root)' belong to user \(live.file.owner), and only root can give it more of them",
        hints: ["run the same command with sudo"])
    }
    return (live, try BesideCheck(plan: plan, live: live, restore: restore).run())
  }

  // MARK: Under temporary names

  /// What a run for another snapshot left, or one that was killed between giving a file its name and taking the temporary one away: nothing
  /// would ever take it up.
  private func removeStrays(_ live: LiveDataFolder, besides wanted: [BesidePlan.File]) throws {
    let parts = Set(wanted.map { Self.part(of: $0, live) })
    for path in live.unfinishedFiles(of: plan.name.description) where !parts.contains(live.root.appending(path)) {
      try live.root.appending(path).removeFile()
    }
  }

  private static func part(of file: BesidePlan.File, _ live: LiveDataFolder) -> FilePath {
    FileRestore.partName(of: live.root.appending(file.path))
  }

  private struct Done: Sendable {
    let fetched: Int
  }

  private func fetch(_ files: [BesidePlan.File], _ live: LiveDataFolder) async throws -> Int {
    progress.update { state in
      state.files = files.count
      state.bytes = files.reduce(0) { $0 + Int(clamping: $1.item.node.size) }
    }
    var fetched = 0
    try await withThrowingTaskGroup(of: Done.self) { group in
      for (number, file) in files.enumerated() {
        if number >= Self.window, let done = try await group.next() { fetched += done.fetched }
        let target = live.root.appending(file.path)
        group.addTask { try await fetch(file, to: target) }
      }
      for try await done in group { fetched += done.fetched }
    }
    for file in files { try Self.part(of: file, live).syncFile() }
    return fetched
  }

  private func fetch(_ file: BesidePlan.File, to target: FilePath) async throws -> Done {
    let fetched = try await restore.stage(file.item.node, at: FileRestore.partName(of: target)) { count in
      progress.update { $0.bytesDone += count }
    }
    progress.update { state in
      state.filesDone += 1
      state.bytesDone += Int(clamping: file.item.node.size) - fetched
    }
    return Done(fetched: fetched)
  }

  private func prove(_ wanted: [BesidePlan.File], _ live: LiveDataFolder) async throws -> ProofReport {
    var places: [String: FilePath] = [:]
    for file in plan.files { places[file.path] = live.root.appending(file.path) }
    for file in wanted { places[file.path] = Self.part(of: file, live) }
    return try await BesideProof(plan: plan, places: places, width: options.width, progress: proving).run()
  }

  private func discard(_ files: [BesidePlan.File], _ live: LiveDataFolder, _ folders: AddedFolders) throws {
    for file in files { try Self.part(of: file, live).removeFile() }
    folders.removeEmpty(above: files.map(\.path))
  }

  // MARK: Under their own

  private func publish(_ files: [BesidePlan.File], _ live: LiveDataFolder) throws {
    for file in files {
      let part = try PartFile(creating: Self.part(of: file, live))
      guard try part.metadata().size == Int(clamping: file.item.node.size) else {
        throw RecoveryError(
          .targetInUse, "'\(part.path)' was changed by somebody else",
          hints: ["run the same command again, and nothing else on this folder"])
      }
      try part.set(owner: options.user == 0 ? (live.file.owner, live.file.group) : nil, permissions: live.file.permissions)
      try part.publish(as: live.root.appending(file.path), replacing: false, syncingFolder: false)
    }
  }
}
