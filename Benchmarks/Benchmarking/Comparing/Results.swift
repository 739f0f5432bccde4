/// One run of one tool.
package struct Run: Codable, Sendable {
  package let shape: Shape
  /// From 1.
  package let round: Int
  package let step: Step
  package let tool: ToolName
  package var wallSeconds: Double
  package var processorSeconds: Double
  package var peakBytes: Int
  /// By how much the repository grew.
  package var storedBytes: Int
  /// `nil` for one that went well.
  package var failure: String?
  /// What akiba's own `--json` says.
  package var facts: [String: Double]

  package init(
    shape: Shape, round: Int, step: Step, tool: ToolName, wallSeconds: Double, processorSeconds: Double = 0, peakBytes: Int = 0,
    storedBytes: Int = 0, failure: String? = nil, facts: [String: Double] = [:]
  ) {
    self.shape = shape
    self.round = round
    self.step = step
    self.tool = tool
    self.wallSeconds = wallSeconds
    self.processorSeconds = processorSeconds
    self.peakBytes = peakBytes
    self.storedBytes = storedBytes
    self.failure = failure
    self.facts = facts
  }
}

/// What strace saw of one run.
package struct Trace: Codable, Sendable {
  package let shape: Shape
  package let step: Step
  package let tool: ToolName
  package let counts: SystemCalls
}

/// A data folder in one state.
package struct StateOfFolder: Codable, Sendable {
  package let shape: Shape
  package let state: SeriesState
  package let changes: FolderChanges
}

/// Everything that was measured.
package struct Results: Codable, Sendable {
  package var versions: [String: String] = [:]
  package var cores = 1
  package var rounds = 1
  package var runs: [Run] = []
  package var traces: [Trace] = []
  package var states: [StateOfFolder] = []
  package var limits: MachineLimits?
  /// A peak below it cannot be told: a child's begins with this program's.
  package var smallestPeakBytes = 0

  package init() {}

  package var failures: [Run] { runs.filter { $0.failure != nil } }

  package func runs(_ shape: Shape, _ step: Step, _ tool: ToolName) -> [Run] {
    runs.filter { $0.shape == shape && $0.step == step && $0.tool == tool && $0.failure == nil }
  }

  package func median(_ shape: Shape, _ step: Step, _ tool: ToolName, _ value: (Run) -> Double) -> Double? {
    Statistics.median(runs(shape, step, tool).map(value))
  }

  /// akiba's share of another tool's figure.
  package func ratio(_ shape: Shape, _ step: Step, to tool: ToolName, _ value: (Run) -> Double) -> Double? {
    func byRound(_ tool: ToolName) -> [Int: Double] {
      Dictionary(runs(shape, step, tool).map { ($0.round, value($0)) }) { $1 }
    }
    return Statistics.pairedRatio(byRound(.akiba), byRound(tool))
  }

  package func calls(_ shape: Shape, _ step: Step, _ tool: ToolName) -> SystemCalls? {
    traces.first { $0.shape == shape && $0.step == step && $0.tool == tool }?.counts
  }

  package func changes(_ shape: Shape, _ state: SeriesState) -> FolderChanges? {
    states.last { $0.shape == shape && $0.state == state }?.changes
  }
}
