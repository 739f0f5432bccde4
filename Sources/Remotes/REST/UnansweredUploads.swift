import Stores
import Synchronization

/// Uploads that began and had no answer, as when the line was cut: the server may not know yet, and still be writing.
///
/// It matters for servers that write in place. `rclone serve restic` over a local folder removes what it has written once it notices that the
/// sender is gone: by name, even if a second upload of that name has succeeded meanwhile (seen with 1.60, 5 times of 6).
final class UnansweredUploads: Sendable {
  /// Go's servers ask a silent connection every 15 s whether anybody is there.
  private static let longestNotice = Duration.seconds(30)

  private let now: @Sendable () -> ContinuousClock.Instant
  /// With the time at which the sender gave up.
  private let names = Mutex<[ObjectName: ContinuousClock.Instant]>([:])

  init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }

  func contains(_ name: ObjectName) -> Bool { names.withLock { $0[name] != nil } }

  /// Whether the server may still be writing.
  func mayBeUnderWay(_ name: ObjectName) -> Bool {
    names.withLock { $0[name].map { $0.duration(to: now()) < Self.longestNotice } ?? false }
  }

  func began(_ name: ObjectName) {
    let now = now()
    names.withLock { $0[name] = now }
  }

  func settled(_ name: ObjectName) { names.withLock { $0[name] = nil } }

  /// - Parameter upload: throws if there is no answer.
  func watching<Answer>(_ name: ObjectName, _ upload: () async throws -> Answer) async throws -> Answer {
    do { return try await upload() } catch {
      began(name)
      throw error
    }
  }
}
