import FoundationEssentials
import Primitives
import Recovery
import Status

/// When the recovery key last opened a location in a drill.
struct RecoveryKeyFacts {
  /// Seconds since 1970.
  private let proven: Int?

  init(_ configuration: Configuration, _ console: Console) {
    let record = Evidence(configuration: configuration, console: console).records().last {
      $0.key?.role == .recovery && $0.rehearsal == nil
    }
    proven = record.flatMap { try? Date($0.ended, strategy: .iso8601) }.map { Int($0.timeIntervalSince1970) }
  }

  func text(now: Int) -> String {
    guard let proven else { return "never tried in a drill; where it is kept: akiba drill --recovery-key FILE" }
    return "opened a location in a drill \(Age(seconds: now - proven)) ago"
  }
}
