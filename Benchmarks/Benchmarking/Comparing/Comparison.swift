import Files
import Glibc
package import SystemPackage

/// Measures tools against each other: round after round, step after step, and in each step tool after tool.
///
/// Their order rotates, and each round begins with empty repositories. Before each run dirty pages are written out and free memory is filled
/// with page cache; the data folder is read, so that whoever is first finds it there, too. Nothing is removed until the end.
package struct Comparison {
  package struct Options {
    package var tools: [ToolName]
    package var steps: Set<Step>
    package var rounds: Int
    package var isTracing: Bool
    package var akiba: FilePath
    /// Below it everything is made; it is there and empty.
    package var scratch: FilePath

    package init(tools: [ToolName], steps: Set<Step>, rounds: Int, isTracing: Bool, akiba: FilePath, scratch: FilePath) {
      self.tools = tools
      self.steps = steps
      self.rounds = rounds
      self.isTracing = isTracing
      self.akiba = akiba
      self.scratch = scratch
    }
  }

  private let options: Options
  /// Makes a data folder, or takes it to a state. Not in this process: a child's peak begins with its parent's.
  private let advance: (Shape, SeriesState, FilePath) throws -> FolderChanges
  /// With a data folder that is there.
  private let measureLimits: (FilePath) throws -> MachineLimits
  package private(set) var results = Results()

  package init(
    _ options: Options, advance: @escaping (Shape, SeriesState, FilePath) throws -> FolderChanges,
    measureLimits: @escaping (FilePath) throws -> MachineLimits
  ) {
    self.options = options
    self.advance = advance
    self.measureLimits = measureLimits
    results.rounds = options.rounds
    results.cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  package mutating func run(_ shape: Shape) throws {
    for round in 1...options.rounds { try runRound(shape, round, isTraced: false) }
    if options.isTracing { try runRound(shape, 0, isTraced: true) }
    results.smallestPeakBytes = max(results.smallestPeakBytes, PeakMemory.ofThisProcess)
  }

  private mutating func runRound(_ shape: Shape, _ number: Int, isTraced: Bool) throws {
    let folder = options.scratch.appending("\(shape.rawValue)-\(number)")
    let live = folder.appending("live")
    try Folder.make(folder)
    results.states.append(StateOfFolder(shape: shape, state: .loaded, changes: try advance(shape, .loaded, live)))
    try FolderComparison.warm(live)
    if results.limits == nil {
      Progress.say("measuring what this machine can do …")
      results.limits = try measureLimits(live)
    }
    let shift = max(0, number - 1) % options.tools.count
    let order = options.tools[shift...] + options.tools[..<shift]
    var round = Round(
      shape: shape, number: number, isTraced: isTraced, isLast: number == options.rounds, folder: folder, live: live,
      memory: options.scratch,
      tools: order.map { ($0, tool($0, ToolPlace(live: live, home: folder.appending($0.rawValue)))) })
    try round.prepare()
    for step in Step.all(of: shape, wanted: options.steps) {
      if let state = Self.state(of: step) {
        try round.beforeStateChanges(to: step, steps: options.steps)
        results.states.append(StateOfFolder(shape: shape, state: state, changes: try advance(shape, state, live)))
      }
      try round.run(step)
    }
    results.runs += round.runs
    results.traces += round.traces
    try UsedFolder.empty(folder)
  }

  private static func state(of step: Step) -> SeriesState? {
    switch step {
    case .day: .appended
    case .compaction: .compacted
    default: nil
    }
  }

  private func tool(_ name: ToolName, _ place: ToolPlace) -> any BackupTool {
    switch name {
    case .akiba: Akiba(options.akiba, place)
    case .restic: Restic(place: place)
    case .borg: Borg(place: place)
    case .rsync: Rsync(place: place)
    }
  }
}
