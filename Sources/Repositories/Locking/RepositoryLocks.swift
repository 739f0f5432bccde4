import Primitives
import ResticFormat
import Stores

/// How much a lock keeps away.
package enum LockMode: Sendable {
  /// Others may read and write; nobody may prune.
  case shared
  /// Nobody else at all.
  case exclusive
}

/// Locks on copies of a repository while something works on them, as stock restic sets and respects them.
///
/// A lock file is written, then all are listed again: of two that came at once, at least one sees the other and backs off, because both are
/// written before either is listed. Where a listing may show a file late, it is waited for in between. A lock is
/// written anew every 5 minutes and counts as abandoned after 30, or at once when its process on this host is gone.
package struct RepositoryLocks: Sendable {
  package static let refreshInterval = Duration.seconds(5 * 60)
  package static let staleAge = Duration.seconds(30 * 60)
  /// When a lock could not be refreshed for so long, others may soon take it as abandoned: stop before.
  static let refreshDeadline = Duration.seconds(22 * 60)
  static let retryInterval = Duration.seconds(30)

  /// Copies that are locked, in the order given.
  package let copies: [Repository]
  /// Copies left out, and why.
  package let failures: [StoreFailure]

  /// Locks all copies that can be locked, runs `body`, and unlocks.
  ///
  /// - Parameters:
  ///   - waiting: how long to wait for a lock of someone else.
  ///   - note: told when an abandoned lock was removed.
  ///   - lost: told when a lock could not be kept: stop using that copy at once. When none is left, `body` is cancelled.
  /// - Throws: the first copy's error if none can be locked (`locked` names the holder); `lockLost`; what `body` throws.
  package static func hold<Value: Sendable>(
    _ mode: LockMode, on copies: [Repository], waiting: Duration = .zero,
    note: @escaping @Sendable (String) -> Void = { _ in }, lost: @escaping @Sendable (StoreFailure) -> Void = { _ in },
    _ body: @escaping @Sendable (RepositoryLocks) async throws -> Value
  ) async throws -> Value {
    var held: [HeldLock] = []
    var failures: [StoreFailure] = []
    do {
      for (copy, acquired) in zip(copies, try await acquire(mode, on: copies, waiting: waiting, note: note)) {
        switch acquired {
        case .success(let lock): held.append(lock)
        case .failure(let error): failures.append(StoreFailure(address: copy.address, error: error))
        }
      }
      try Task.checkCancellation()
      if held.isEmpty, let first = failures.first { throw first.error }
      let locks = RepositoryLocks(copies: held.map(\.repository), failures: failures)
      let value = try await run(body, locks, refreshing: held, lost: lost)
      for lock in held { await lock.release() }
      return value
    } catch {
      for lock in held { await lock.release() }
      throw error
    }
  }

  /// At once: each waits for its own store.
  private static func acquire(
    _ mode: LockMode, on copies: [Repository], waiting: Duration, note: @escaping @Sendable (String) -> Void
  ) async throws -> [Result<HeldLock, any Error>] {
    try await AtOnce.map(copies, atMost: copies.count) { copy in
      do { return .success(try await HeldLock.acquire(mode, on: copy, waiting: waiting, note: note)) } catch { return .failure(error) }
    }
  }

  private enum Outcome<Value: Sendable>: Sendable {
    case done(Value)
    case lost(StoreFailure)
    case stopped
  }

  private static func run<Value: Sendable>(
    _ body: @escaping @Sendable (RepositoryLocks) async throws -> Value, _ locks: RepositoryLocks, refreshing held: [HeldLock],
    lost: @escaping @Sendable (StoreFailure) -> Void
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Outcome<Value>.self) { group in
      group.addTask { .done(try await body(locks)) }
      for lock in held {
        group.addTask {
          guard let failure = await lock.keepFresh() else { return .stopped }
          return .lost(failure)
        }
      }
      var living = held.count
      for try await outcome in group {
        switch outcome {
        case .done(let value):
          group.cancelAll()
          return value
        case .lost(let failure):
          lost(failure)
          living -= 1
          if living == 0 { throw failure.error }
        case .stopped: continue
        }
      }
      throw CancellationError()
    }
  }
}

extension Repository {
  /// Runs `body` while this copy is locked. See `RepositoryLocks.hold`.
  package func withLock<Value: Sendable>(
    _ mode: LockMode, waiting: Duration = .zero, note: @escaping @Sendable (String) -> Void = { _ in },
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await RepositoryLocks.hold(mode, on: [self], waiting: waiting, note: note) { _ in try await body() }
  }
}
