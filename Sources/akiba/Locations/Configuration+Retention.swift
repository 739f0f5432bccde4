import Deployments
import Primitives
import Repositories
import ResticFormat
import Status

extension Configuration {
  /// What is to stay at a location, whoever asks: prune, which removes the rest, and sync, which must not bring it back.
  func wishes(at address: String, _ records: [String: LocationRecord]) -> Retention.Wishes {
    Retention.Wishes(
      policy: locations.first { $0.address == address }?.keep ?? RetentionPolicy(),
      tags: [SnapshotTag.own, SnapshotTag.deployment(deployment.name)],
      proven: Set((records[address]?.provenSnapshots ?? []).compactMap { ContentID(hex: $0) }))
  }

  /// What a location is not to get from others: its next prune would remove it again, or it was stored anew with other tags.
  ///
  /// - Parameter all: snapshots of all locations, oldest first.
  func unwanted(at address: String, among all: [StoredSnapshot], _ records: [String: LocationRecord]) -> Set<ContentID> {
    let now = Environment.surroundings().now()
    let removed = (try? Retention(of: all, wishes(at: address, records), now: now).removed) ?? []
    return Set(removed.map(\.id)).union(all.compactMap(\.snapshot.original))
  }
}
