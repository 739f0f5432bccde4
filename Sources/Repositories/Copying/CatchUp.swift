import Primitives
import ResticFormat
package import Stores

/// Bringing a copy that was away up to date: objects are the same bytes everywhere, so they are copied as they are.
package enum CatchUp {
  package struct Result: Sendable, Equatable {
    package internal(set) var objects = 0
    package internal(set) var bytes = 0
  }

  /// Copies packs, then indexes, then snapshots that `target` lacks. Removes nothing.
  ///
  /// Hold a lock on both meanwhile. Each object is compared with its name on the way: damage does not spread.
  package static func copy(
    from source: Repository, to target: Repository, progress: @Sendable (StoredObject) -> Void = { _ in }
  ) async throws -> Result {
    guard source.isCopy(of: target) else {
      throw RepositoryError(
        .differentRepositories, "'\(source.address)' and '\(target.address)' are not copies of one repository")
    }
    var result = Result()
    // Listed in reverse: what a snapshot of the list needs is in the lists made after it.
    var missing: [[StoredObject]] = []
    for kind in [ObjectName.Kind.snapshot, .index, .pack] {
      let there = Set(try await target.store.names(of: kind))
      missing.append(try await source.store.names(of: kind).filter { !there.contains($0) })
    }
    // The newest snapshot last: an interrupted copy still lacks it and is gone on with.
    let order = Dictionary(
      uniqueKeysWithValues: try await source.snapshots().snapshots.enumerated().map { (ObjectName.snapshot($1.id), $0) })
    missing[0].sort { (order[$0.name] ?? 0) < (order[$1.name] ?? 0) }
    for object in missing.reversed().joined() {
      try Task.checkCancellation()
      let bytes = try await source.store.bytes(of: object.name)
      try source.damaged(object.name) { () throws(FormatError) in
        guard ContentID(hashing: bytes) == object.name.id else { throw FormatError(.malformed, "has another SHA-256 than its name") }
      }
      try await target.store.put(bytes, as: object.name)
      result.objects += 1
      result.bytes += bytes.count
      progress(object)
    }
    return result
  }
}
