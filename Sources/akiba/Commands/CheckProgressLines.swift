import Repositories
import Synchronization

/// How far a check or a repair is, for the live block.
final class LatestProgress: Sendable {
  private let state = Mutex<CheckProgress?>(nil)

  func set(_ progress: CheckProgress) { state.withLock { $0 = progress } }

  func lines(after time: Duration) -> [String] {
    guard let progress = state.withLock({ $0 }) else { return [] }
    if progress.bytesTotal > 0 { return ["reading: \(StatusReporter.amount(progress.bytesDone, of: progress.bytesTotal, after: time))"] }
    let what =
      switch progress.step {
      case .indexes: "reading indexes"
      case .packs: "comparing packs"
      case .snapshots: "walking snapshots"
      case .reading: "reading"
      case .healing: "healing"
      }
    return ["\(what): \(progress.done)" + (progress.total > 0 ? " of \(progress.total)" : "")]
  }
}
