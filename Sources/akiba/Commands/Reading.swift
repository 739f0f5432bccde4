import Repositories
import Stores
import Synchronization

extension Console {
  /// Runs `work` under a shared lock. On a medium that cannot be written it runs without: a restore must not fail for want of a lock.
  func withReadLock<Value: Sendable>(on copy: Repository, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let isLocked = Flag()
    do {
      return try await RepositoryLocks.hold(.shared, on: [copy], note: { self.note($0) }) { _ in
        isLocked.raise()
        return try await work()
      }
    } catch let error as StoreError where !isLocked.isRaised && [.readOnly, .denied, .full].contains(error.kind) {
      note("reading without a lock: \(error.summary)")
      return try await work()
    }
  }
}

private final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isRaised: Bool { value.load(ordering: .relaxed) }

  func raise() { value.store(true, ordering: .relaxed) }
}
