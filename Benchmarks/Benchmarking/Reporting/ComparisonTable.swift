/// The figures of one shape: a row for each step and tool.
package struct ComparisonTable {
  private let results: Results
  private let shape: Shape

  package init(_ results: Results, _ shape: Shape) {
    self.results = results
    self.shape = shape
  }

  package var text: String {
    var table = MarkdownTable([
      "step", "tool", "wall s", "CPU s", "source read MB", "files opened", "stored MB", "peak MB", "akiba/tool wall", "akiba/tool stored",
    ])
    for step in Step.allCases {
      for tool in ToolName.allCases where results.runs.contains(where: { $0.shape == shape && $0.step == step && $0.tool == tool }) {
        table.add([step.title, tool.rawValue] + figures(step, tool) + ratios(step, tool))
      }
    }
    return title + "\n\n" + table.text
  }

  private var title: String {
    let states = SeriesState.allCases.compactMap { state in
      results.changes(shape, state).map { "\(state.rawValue) \(Wording.megabytes($0.bytes)) MB in \($0.files) files" }
    }
    return "## Shape \(shape.rawValue): \(states.joined(separator: ", "))"
  }

  private func figures(_ step: Step, _ tool: ToolName) -> [String] {
    guard !results.runs(shape, step, tool).isEmpty else { return ["failed", "–", "–", "–", "–", "–"] }
    func median(_ value: (Run) -> Double) -> Double { results.median(shape, step, tool, value) ?? 0 }
    let calls = step.isBackup ? results.calls(shape, step, tool) : nil
    let peak = median { Double($0.peakBytes) }
    return [
      Wording.number(median(\.wallSeconds)), Wording.number(median(\.processorSeconds)),
      calls.map { Wording.megabytes($0.bytesRead) } ?? "–", calls.map { "\($0.filesOpened)" } ?? "–",
      step.isBackup ? Wording.number(median { Double($0.storedBytes) / 1e6 }) : "–",
      (peak <= Double(results.smallestPeakBytes) ? "≤ " : "") + Wording.number(peak / 1e6),
    ]
  }

  private func ratios(_ step: Step, _ tool: ToolName) -> [String] {
    guard tool != .akiba else { return ["", ""] }
    let wall = results.ratio(shape, step, to: tool, \.wallSeconds)
    let stored = step.isBackup ? results.ratio(shape, step, to: tool) { Double($0.storedBytes) } : nil
    return [wall, stored].map { $0.map(Wording.number) ?? "–" }
  }
}
