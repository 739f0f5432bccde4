/// What is measured, in the order it is done in each round.
package enum Step: String, CaseIterable, Codable, Sendable {
  case first
  case unchanged
  case day
  case delta
  case compaction
  case restore
  case check
  case proof

  package var title: String {
    switch self {
    case .first: "first backup"
    case .unchanged: "unchanged"
    case .day: "append-only day"
    case .delta: "delta restore"
    case .compaction: "after compaction"
    case .restore: "restore"
    case .check: "check with data"
    case .proof: "proof of the data folder"
    }
  }

  /// A backup: what it reads of the source and what it stores are counted.
  var isBackup: Bool { [.first, .unchanged, .day, .compaction].contains(self) }

  /// What a shape can be measured with, and what has to be done for `wanted`.
  package static func all(of shape: Shape, wanted: Set<Step>) -> [Step] {
    var steps = wanted.union([.first])
    if steps.contains(.delta) { steps.insert(.day) }
    return allCases.filter { steps.contains($0) && (shape != .users || [.first, .unchanged].contains($0)) }
  }
}
