package import Primitives
package import ResticFormat

/// What stays of the snapshots of one copy and what goes, each with its reasons.
package struct Retention: Sendable {
  package struct Entry: Sendable {
    package let stored: StoredSnapshot
    /// Empty: it goes.
    package let reasons: [KeepReason]
    /// Somebody named it.
    package let isForgotten: Bool

    package var isKept: Bool { reasons.isEmpty == false && !isForgotten }
  }

  /// What a person asks for.
  package struct Wishes: Sendable {
    package var policy: RetentionPolicy
    /// Only snapshots with all of these tags are touched.
    package var tags: Set<String>
    /// Snapshots that are known to restore: those that were proven last.
    package var proven: Set<ContentID>
    /// Snapshots to remove whatever the policy says.
    package var forgotten: Set<ContentID>

    package init(
      policy: RetentionPolicy = RetentionPolicy(), tags: Set<String> = [SnapshotTag.own], proven: Set<ContentID> = [],
      forgotten: Set<ContentID> = []
    ) {
      self.policy = policy
      self.tags = tags
      self.proven = proven
      self.forgotten = forgotten
    }
  }

  /// Clocks of hosts may differ by so much.
  static let tolerance = Duration.seconds(3600)
  /// 2010-01-01; nothing that Akiba backs up is older.
  static let earliest = Timestamp(seconds: 1_262_304_000)

  /// Oldest first.
  package let entries: [Entry]

  package var removed: [StoredSnapshot] { entries.filter { !$0.isKept }.map(\.stored) }

  /// - Parameter snapshots: all of a copy, oldest first.
  /// - Throws: `refused` if a snapshot is to be forgotten that must stay, or if none would be left.
  package init(of snapshots: [StoredSnapshot], _ wishes: Wishes, now: Timestamp) throws {
    let times = SnapshotTimes(snapshots, now: now)
    var reasons: [ContentID: [KeepReason]] = [:]
    var groups: [Group: [StoredSnapshot]] = [:]
    for stored in snapshots {
      if !wishes.tags.isSubset(of: stored.snapshot.tags) {
        reasons[stored.id, default: []].append(.foreign)
      } else if let absurdity = times.absurdities[stored.id] {
        reasons[stored.id, default: []].append(.absurdTime(absurdity))
      } else {
        groups[Group(stored.snapshot), default: []].append(stored)
      }
      if stored.isPinned { reasons[stored.id, default: []].append(.pinned) }
      if wishes.proven.contains(stored.id) || stored.snapshot.original.map(wishes.proven.contains) == true {
        reasons[stored.id, default: []].append(.proven)
      }
      if times.witnesses.contains(stored.id) { reasons[stored.id, default: []].append(.witness) }
    }
    for group in groups.values {
      let newestFirst = Array(group.reversed())
      let chosen = wishes.policy.reasons(for: newestFirst.map { .init(time: $0.snapshot.time, isMarked: $0.isSuspect) }, now: now)
      for (stored, why) in zip(newestFirst, chosen) { reasons[stored.id, default: []] += why }
      if let sound = newestFirst.first(where: { !$0.isSuspect }) { reasons[sound.id, default: []].append(.newestSound) }
    }
    entries = snapshots.map {
      Entry(stored: $0, reasons: reasons[$0.id] ?? [], isForgotten: wishes.forgotten.contains($0.id))
    }
    try refuseLosses(wishes)
  }

  private func refuseLosses(_ wishes: Wishes) throws {
    for entry in entries where entry.isForgotten {
      guard let reason = entry.reasons.first(where: \.forbidsRemoval) else { continue }
      throw RepositoryError(
        .refused, "snapshot '\(entry.stored.id.short)' is not removed: \(reason)", hints: reason.remedy(for: entry.stored))
    }
    let own = entries.filter { wishes.tags.isSubset(of: $0.stored.snapshot.tags) }
    guard !own.isEmpty, own.allSatisfy({ !$0.isKept }) else { return }
    throw RepositoryError(
      .refused, "nothing is removed: not one of \(own.count) snapshots would be left",
      hints: ["take a backup first; 'akiba prune --dry-run' shows what stays and why"])
  }

  /// What one policy is applied to, as restic groups: one host, one set of paths; and one deployment.
  private struct Group: Hashable {
    let host: String
    let paths: Set<String>
    let deployments: Set<String>

    init(_ snapshot: Snapshot) {
      host = snapshot.hostname
      paths = Set(snapshot.paths)
      deployments = Set(snapshot.tags.filter(SnapshotTag.isDeployment))
    }
  }
}

extension KeepReason {
  fileprivate func remedy(for stored: StoredSnapshot) -> [String] {
    switch self {
    case .pinned: ["'akiba pin --remove \(stored.id.short)' takes the pin off"]
    case .proven: ["prove a newer one first: 'akiba verify latest'"]
    case .newestSound: ["take a backup that is not marked first"]
    default: ["remove what other tools wrote with them: 'restic forget \(stored.id.short)'"]
    }
  }
}
