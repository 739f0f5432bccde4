import Primitives
import ResticFormat
import Stores
import Synchronization

/// One lock file of ours in one store.
final class HeldLock: Sendable {
  /// Time for a competitor's lock to show up in a listing, where it does not at once; restic waits as long.
  private static let settlingTime = Duration.milliseconds(200)
  private static let waitInterval = Duration.seconds(5)

  private struct Current {
    var name: ObjectName
    var time: Timestamp
  }

  let repository: Repository
  private let mode: LockMode
  private let current: Mutex<Current>

  private init(repository: Repository, mode: LockMode, name: ObjectName, time: Timestamp) {
    self.repository = repository
    self.mode = mode
    current = Mutex(Current(name: name, time: time))
  }

  /// - Throws: `locked` naming the holder once `waiting` is over.
  static func acquire(_ mode: LockMode, on repository: Repository, waiting: Duration, note: @Sendable (String) -> Void) async throws
    -> HeldLock
  {
    let surroundings = repository.surroundings
    let deadline = surroundings.now().advanced(by: waiting)
    while true {
      do { return try await acquireOnce(mode, on: repository, note: note) } catch let error as RepositoryError
        where error.kind == .locked && surroundings.now() < deadline
      { try await surroundings.sleep(waitInterval) }
    }
  }

  /// Keeps the lock fresh until cancelled.
  ///
  /// - Returns: `nil` when cancelled, or why the lock is lost.
  func keepFresh() async -> StoreFailure? {
    var pause = RepositoryLocks.refreshInterval
    while true {
      do {
        try await repository.surroundings.sleep(pause)
        try Task.checkCancellation()
        try await refresh()
        pause = RepositoryLocks.refreshInterval
      } catch is CancellationError {
        return nil
      } catch {
        if Task.isCancelled { return nil }
        if let error = error as? RepositoryError { return StoreFailure(address: repository.address, error: error) }
        let age = current.withLock { $0.time }.duration(to: repository.surroundings.now())
        if age > RepositoryLocks.refreshDeadline { return StoreFailure(address: repository.address, error: lostError(age, error)) }
        pause = RepositoryLocks.retryInterval
      }
    }
  }

  /// Removes the lock. What fails here is left to become stale: the work is done either way.
  func release() async { await Self.remove(current.withLock { $0.name }, from: repository) }

  /// In a task of its own: a connection ends its calls with the task that makes them, and a run that is interrupted must not leave a lock.
  private static func remove(_ name: ObjectName, from repository: Repository) async {
    await Task { try? await repository.store.remove(name) }.value
  }

  private func refresh() async throws {
    let old = current.withLock { $0 }
    // Someone who took our lock as abandoned may be pruning now: a new lock would only hide that.
    guard try await repository.store.contains(old.name) else {
      throw RepositoryError(
        .lockLost, "our lock on repository '\(repository.address)' was removed by someone else",
        hints: ["do not run 'restic unlock --remove-all' during a backup; run the same command again"])
    }
    let (object, lock) = Self.file(mode, repository)
    try await repository.store.put(object.bytes, as: object.name)
    current.withLock { $0 = Current(name: object.name, time: lock.time) }
    try? await repository.store.remove(old.name)
  }

  private func lostError(_ age: Duration, _ cause: any Error) -> RepositoryError {
    let reason = (cause as? any Explainable)?.summary ?? "\(cause)"
    return RepositoryError(
      .lockLost,
      "the lock on repository '\(repository.address)' could not be renewed for \(age.components.seconds / 60) minutes: \(reason)",
      hints: ["stopped before others may take it as abandoned; run the same command again once the store answers"])
  }

  private static func file(_ mode: LockMode, _ repository: Repository) -> (SealedObject, LockFile) {
    let surroundings = repository.surroundings
    let lock = LockFile(
      time: surroundings.now(), isExclusive: mode == .exclusive, hostname: surroundings.hostname, username: surroundings.username,
      processID: surroundings.processID, userID: surroundings.userID, groupID: surroundings.groupID)
    return (repository.seal(lock.encode(), as: .lock), lock)
  }

  /// One that holds nothing: to try a place with.
  static func trial(_ repository: Repository) -> [UInt8] { file(.shared, repository).0.bytes }

  private static func acquireOnce(_ mode: LockMode, on repository: Repository, note: @Sendable (String) -> Void) async throws -> HeldLock {
    try await refuseConflicts(mode, in: repository, own: nil, note: note)
    let (object, lock) = file(mode, repository)
    try await repository.store.put(object.bytes, as: object.name)
    do {
      if !repository.store.showsAtOnce { try await repository.surroundings.sleep(settlingTime) }
      try await refuseConflicts(mode, in: repository, own: object.name, note: note)
    } catch {
      await remove(object.name, from: repository)
      throw error
    }
    return HeldLock(repository: repository, mode: mode, name: object.name, time: lock.time)
  }

  /// Looks at all lock files but our own; removes abandoned ones.
  private static func refuseConflicts(
    _ mode: LockMode, in repository: Repository, own: ObjectName?, note: @Sendable (String) -> Void
  ) async throws {
    for object in try await repository.store.names(of: .lock) where object.name != own {
      guard let lock = try await read(object.name, in: repository) else { continue }
      if let reason = staleness(of: lock, repository.surroundings) {
        try? await repository.store.remove(object.name)
        note("removed the lock of \(describe(lock)) on '\(repository.address)': \(reason)")
      } else if mode == .exclusive || lock.isExclusive {
        throw lockedError(lock, repository)
      }
    }
  }

  /// - Returns: `nil` if the lock is gone by now.
  private static func read(_ name: ObjectName, in repository: Repository) async throws -> LockFile? {
    do {
      let json = try await repository.json(of: name)
      return try repository.damaged(name) { () throws(FormatError) in try LockFile.decode(json) }
    } catch let error as StoreError where error.kind == .notFound {
      return nil
    } catch let error as RepositoryError {
      throw RepositoryError(
        .locked, "\(error.summary): whose it is cannot be known",
        hints: ["if nothing else works on this repository, 'restic unlock --remove-all' removes it"])
    }
  }

  private static func staleness(of lock: LockFile, _ surroundings: Surroundings) -> String? {
    if lock.time.duration(to: surroundings.now()) > RepositoryLocks.staleAge { return "not renewed for more than 30 minutes" }
    guard lock.hostname == surroundings.hostname, lock.processID != surroundings.processID, !surroundings.isRunning(lock.processID)
    else { return nil }
    return "that process is gone"
  }

  private static func describe(_ lock: LockFile) -> String {
    "process \(lock.processID) of '\(lock.username)' on '\(lock.hostname)', since \(lock.time)"
  }

  private static func lockedError(_ lock: LockFile, _ repository: Repository) -> RepositoryError {
    let how = lock.isExclusive ? "exclusively locked" : "locked"
    return RepositoryError(
      .locked, "repository '\(repository.address)' is \(how) by \(describe(lock))",
      hints: [
        "wait until it has finished", "if that process is gone, the lock becomes stale by itself 30 minutes after its last renewal",
        "'restic unlock' removes stale locks too",
      ])
  }
}
