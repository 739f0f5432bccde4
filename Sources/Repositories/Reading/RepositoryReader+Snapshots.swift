package import Primitives
package import ResticFormat
package import Stores

/// A snapshot and its name.
package struct StoredSnapshot: Sendable, Equatable {
  package let id: ContentID
  package let snapshot: Snapshot

  package init(id: ContentID, snapshot: Snapshot) {
    self.id = id
    self.snapshot = snapshot
  }
}

/// All snapshots of a copy, oldest first; those that cannot be read are told apart, not fatal.
package struct SnapshotList: Sendable {
  package let snapshots: [StoredSnapshot]
  package let damaged: [DamagedSnapshot]
}

/// A snapshot that cannot be read, and why.
package struct DamagedSnapshot: Error {
  package let name: ObjectName
  package let error: RepositoryError
}

extension Repository {
  /// Snapshots fetched at once: on a server each is a round trip.
  private static let snapshotsAtOnce = 16

  /// - Parameter toleratingUnreadable: whether one that the store cannot read counts as damaged, too, if the store still answers.
  package func snapshots(toleratingUnreadable: Bool = false) async throws -> SnapshotList {
    let names = try await store.names(of: .snapshot).map(\.name)
    let found = try await AtOnce.map(names, atMost: Self.snapshotsAtOnce) { name in
      try await snapshot(name, toleratingUnreadable: toleratingUnreadable)
    }
    var snapshots: [StoredSnapshot] = []
    var damaged: [DamagedSnapshot] = []
    for result in found {
      switch result {
      case .success(let stored)?: snapshots.append(stored)
      case .failure(let damage)?: damaged.append(damage)
      case nil: continue
      }
    }
    snapshots.sort { ($0.snapshot.time, $0.id) < ($1.snapshot.time, $1.id) }
    return SnapshotList(snapshots: snapshots, damaged: damaged)
  }

  /// - Returns: `nil` for one that was forgotten between listing and reading.
  private func snapshot(_ name: ObjectName, toleratingUnreadable: Bool) async throws -> Result<StoredSnapshot, DamagedSnapshot>? {
    guard let id = name.id else { return nil }
    do {
      let json = try await json(of: name)
      return .success(StoredSnapshot(id: id, snapshot: try damaged(name) { () throws(FormatError) in try Snapshot.decode(json) }))
    } catch let error as RepositoryError {
      return .failure(DamagedSnapshot(name: name, error: error))
    } catch let error as StoreError where error.kind == .notFound {
      return nil
    } catch let error as StoreError where toleratingUnreadable {
      _ = try await store.names(of: .key)
      return .failure(DamagedSnapshot(name: name, error: RepositoryError(.damaged, error.summary, hints: error.hints)))
    }
  }

  /// The snapshot a person means.
  ///
  /// - Parameter text: `latest`; the first digits of an id; a whole RFC 3339 time (the newest taken by then); or the beginning
  ///   of a local time such as `2026-03-01` or `2026-03-01 14:05` (the newest of that day or minute).
  /// - Parameter tag: `latest` and times mean a snapshot with this tag, if there is one: other tools may write here too.
  /// - Throws: `notFound`, `ambiguous`.
  package func snapshot(matching text: String, preferring tag: String? = nil) async throws -> StoredSnapshot {
    try await snapshots().snapshot(matching: text, in: address, preferring: tag)
  }
}

extension SnapshotList {
  /// See `Repository.snapshot(matching:)`. `address` is for messages.
  package func snapshot(matching text: String, in address: String, preferring tag: String? = nil) throws -> StoredSnapshot {
    let tagged = snapshots.filter { stored in tag.map(stored.snapshot.tags.contains) ?? true }
    let preferred = tagged.isEmpty ? snapshots : tagged
    guard let latest = preferred.last else {
      throw RepositoryError(.notFound, "repository '\(address)' holds no snapshot", hints: ["take one with 'akiba backup'"])
    }
    if text == "latest" { return latest }
    if let moment = Timestamp(text) {
      if let found = preferred.last(where: { $0.snapshot.time <= moment }) { return found }
      throw RepositoryError(
        .notFound, "no snapshot of repository '\(address)' was taken by \(moment)",
        hints: ["the oldest is '\(preferred[0].id.short)' of \(preferred[0].snapshot.time)"])
    }
    if text.contains("-") {
      let beginning = text.replacing(" ", with: "T")
      if let found = preferred.last(where: { $0.snapshot.time.description.hasPrefix(beginning) }) { return found }
    } else {
      let matches = snapshots.filter { !text.isEmpty && $0.id.hex.hasPrefix(text.lowercased()) }
      if matches.count == 1 { return matches[0] }
      if matches.count > 1 {
        throw RepositoryError(
          .ambiguous, "snapshot '\(text)' could be any of \(matches.count) in repository '\(address)'",
          hints: ["type more digits: \(matches.prefix(5).map { $0.id.hex.prefix(12) }.joined(separator: ", "))"])
      }
    }
    throw RepositoryError(
      .notFound, "no snapshot '\(text)' in repository '\(address)'",
      hints: ["name it by 'latest', an id such as '\(latest.id.short)', or a day such as '\(latest.snapshot.time.description.prefix(10))'"])
  }
}
