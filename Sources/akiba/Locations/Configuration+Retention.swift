import Deployments
import Primitives
import Repositories
import Status

extension Configuration {
  /// What is to stay at a location, whoever asks: prune, which removes the rest, and sync, which must not bring it back.
  func wishes(at address: String, _ records: [String: LocationRecord]) -> Retention.Wishes {
    Retention.Wishes(
      policy: locations.first { $0.address == address }?.keep ?? RetentionPolicy(),
      tags: [SnapshotTag.own, SnapshotTag.deployment(deployment.name)],
      proven: Set((records[address]?.provenSnapshots ?? []).compactMap { ContentID(hex: $0) }))
  }
}
