import Deployments
import SystemPackage

/// What `akiba.yaml` says: a deployment by paths, its locations and the working key.
struct Configuration: Sendable {
  let deployment: Deployment
  let keyFile: FilePath
  let locations: [Location]
  /// The file it was read from, for messages.
  let path: FilePath

  /// Where a run looks if `--config` is not given.
  static let defaultPath: FilePath = "/etc/akiba/akiba.yaml"

  /// One place that keeps snapshots.
  struct Location: Sendable, Equatable {
    let name: String
    let folder: FilePath
    /// Where the configuration names it.
    var line: Int?
  }
}
