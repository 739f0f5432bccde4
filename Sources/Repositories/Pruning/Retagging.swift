package import Primitives
import ResticFormat
import Stores

/// Changing a snapshot's tags as stock restic does: a new snapshot that names the `original`, then the old one goes.
package enum Retagging {
  package struct Result: Sendable {
    /// The new snapshot's id.
    package let id: ContentID
    /// Copies that hold it now.
    package internal(set) var completed: [String] = []
    /// Copies that keep the old snapshot beside the new one, because nothing can be removed there.
    package internal(set) var keepingOld: [StoreFailure] = []
    /// Copies where nothing changed.
    package internal(set) var failures: [StoreFailure] = []
  }

  /// - Parameters:
  ///   - copies: those without the snapshot are passed over: they may not hold what it names.
  ///   - everywhere: fail unless every copy holds the new one before any loses the old one.
  ///   - edit: changes the tags.
  /// - Throws: if no copy could be changed, and with `everywhere` if one could not.
  package static func change(
    _ stored: StoredSnapshot, in copies: [Repository], everywhere: Bool = false, waiting: Duration = .zero,
    note: @escaping @Sendable (String) -> Void = { _ in }, _ edit: (inout [String]) -> Void
  ) async throws -> Result {
    var snapshot = stored.snapshot
    edit(&snapshot.tags)
    snapshot.original = snapshot.original ?? stored.id
    let changed = snapshot
    return try await RepositoryLocks.hold(.exclusive, on: copies, waiting: waiting, note: note) { locks in
      if everywhere, let failure = locks.failures.first { throw failure.error }
      let object = copies[0].seal(changed.encode(), as: .snapshot)
      guard let id = object.name.id else { preconditionFailure("a snapshot has an id") }
      var result = Result(id: id, failures: locks.failures)
      var holders: [Repository] = []
      for copy in locks.copies {
        do {
          guard try await copy.store.contains(.snapshot(stored.id)) else { continue }
          try await copy.store.put(object.bytes, as: object.name)
          holders.append(copy)
        } catch {
          if error is CancellationError || everywhere { throw error }
          result.failures.append(StoreFailure(address: copy.address, error: error))
        }
      }
      guard !holders.isEmpty else {
        throw result.failures.first?.error ?? RepositoryError(.notFound, "no snapshot '\(stored.id.short)' at any location")
      }
      for copy in holders { try await remove(stored.id, from: copy, &result) }
      return result
    }
  }

  private static func remove(_ old: ContentID, from copy: Repository, _ result: inout Result) async throws {
    result.completed.append(copy.address)
    do {
      try await copy.store.remove(.snapshot(old))
    } catch let error as StoreError where error.kind == .notFound {
      return
    } catch {
      if error is CancellationError { throw error }
      result.keepingOld.append(StoreFailure(address: copy.address, error: error))
    }
  }
}
