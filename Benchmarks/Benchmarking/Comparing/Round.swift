import Files
import Glibc
import SystemPackage

/// One round of one shape: each tool with a repository of its own.
struct Round {
  let shape: Shape
  let number: Int
  /// Under strace, and not timed.
  let isTraced: Bool
  /// What is restored is compared in one round.
  let isLast: Bool
  let folder: FilePath
  let live: FilePath
  /// For `FullMemory`.
  let memory: FilePath
  var tools: [(name: ToolName, tool: any BackupTool)]
  private(set) var runs: [Run] = []
  private(set) var traces: [Trace] = []
  /// Snapshots taken so far.
  private var snapshots = 0

  init(
    shape: Shape, number: Int, isTraced: Bool, isLast: Bool, folder: FilePath, live: FilePath, memory: FilePath,
    tools: [(name: ToolName, tool: any BackupTool)]
  ) {
    self.shape = shape
    self.number = number
    self.isTraced = isTraced
    self.isLast = isLast
    self.folder = folder
    self.live = live
    self.memory = memory
    self.tools = tools
  }

  mutating func prepare() throws {
    for (name, tool) in tools {
      try Folder.make(tool.place.home)
      for program in tool.preparation {
        let outcome = try program.run()
        guard outcome.exit == 0 else { throw BenchError("\(name.rawValue) made no repository: \(outcome.lastWords)") }
      }
    }
  }

  /// A plain copy knows no older state: what a delta restore of it begins with is put aside while it has it.
  func beforeStateChanges(to step: Step, steps: Set<Step>) throws {
    guard step == .day, steps.contains(.delta) else { return }
    for (name, tool) in tools where name == .rsync { try restoreQuietly(tool, snapshots - 1, to: deltaTarget(name)) }
  }

  mutating func run(_ step: Step) throws {
    if step.isBackup { snapshots += 1 }
    for index in tools.indices {
      let name = tools[index].name
      if step == .proof && tools[index].tool.proof == nil { continue }
      let target = step == .delta ? deltaTarget(name) : folder.appending("restored-\(name.rawValue)")
      if step == .delta, name != .rsync { try restoreQuietly(tools[index].tool, Self.firstSnapshotOfDelta, to: target) }
      if step == .restore { try Folder.make(target) }
      guard let program = program(step, &tools[index].tool, target: target) else { continue }
      if isTraced { try trace(program, step, index, target) } else { try time(program, step, index, target) }
      if [.delta, .restore].contains(step) { try UsedFolder.empty(target) }
    }
  }

  /// Its files are older than the newest snapshot's.
  private static let firstSnapshotOfDelta = 0

  private func deltaTarget(_ name: ToolName) -> FilePath { folder.appending("delta-\(name.rawValue)") }

  private func restoreQuietly(_ tool: any BackupTool, _ snapshot: Int, to target: FilePath) throws {
    try Folder.make(target)
    let outcome = try tool.restore(snapshot, to: target).run()
    guard outcome.exit == 0 else { throw BenchError("nothing to begin a delta restore with: \(outcome.lastWords)") }
  }

  private func program(_ step: Step, _ tool: inout any BackupTool, target: FilePath) -> ChildProgram? {
    switch step {
    case .first, .unchanged, .day, .compaction: tool.backup(snapshots - 1)
    case .delta: tool.deltaRestore(snapshots - 1, to: target)
    case .restore: tool.restore(snapshots - 1, to: target)
    case .check: tool.check
    case .proof: tool.proof
    }
  }

  private mutating func time(_ program: ChildProgram, _ step: Step, _ index: Int, _ target: FilePath) throws {
    let name = tools[index].name
    let repository = tools[index].tool.place.repository
    let before = step.isBackup ? try FileTree.bytes(below: repository) : 0
    sync()
    try FullMemory.make(in: memory) {
      if step.isBackup || step == .proof { try FolderComparison.warm(live) }
    }
    let outcome = try program.run()
    let stored = step.isBackup ? try FileTree.bytes(below: repository) - before : 0
    var failure = tools[index].tool.complaint(about: outcome, of: step)
    if failure == nil, isLast, [.delta, .restore].contains(step) {
      failure = try FolderComparison.difference(between: live, and: tools[index].tool.restoredData(in: target))
        .map { "what it restored is not what was backed up: \($0)" }
    }
    runs.append(
      Run(
        shape: shape, round: number, step: step, tool: name, wallSeconds: outcome.wallSeconds,
        processorSeconds: outcome.processorSeconds, peakBytes: outcome.peakBytes, storedBytes: stored, failure: failure,
        facts: tools[index].tool.facts(in: outcome)))
    Progress.say(
      "\(shape.rawValue) round \(number): \(step.title), \(name.rawValue): \(Wording.number(outcome.wallSeconds)) s"
        + (failure.map { "; FAILED: \($0)" } ?? ""))
  }

  private mutating func trace(_ program: ChildProgram, _ step: Step, _ index: Int, _ target: FilePath) throws {
    let name = tools[index].name
    let file = folder.appending("strace.txt")
    defer { try? Folder.remove(file) }
    let outcome = try (step.isBackup || step == .delta ? SystemCalls.traced(program, to: file) : program).run()
    if let complaint = tools[index].tool.complaint(about: outcome, of: step) {
      Progress.say("\(shape.rawValue) under strace: \(step.title), \(name.rawValue) FAILED: \(complaint)")
    }
    _ = tools[index].tool.facts(in: outcome)
    guard step.isBackup || step == .delta else { return }
    let counts = try SystemCalls(
      of: file, source: step.isBackup ? live : tools[index].tool.place.repository, target: step.isBackup ? nil : target)
    traces.append(Trace(shape: shape, step: step, tool: name, counts: counts))
    Progress.say(
      "\(shape.rawValue) under strace: \(step.title), \(name.rawValue): \(Wording.megabytes(counts.bytesRead)) MB read, "
        + "\(counts.filesOpened) files opened")
  }
}
