import CouchFormat
import Deployments
import Files
import Primitives
import ResticFormat
import SystemPackage

/// What is known of each data folder before the freeze: which node it belongs to, as names are part of a snapshot's paths, and what is in it.
struct NodePlan: Sendable {
  let name: String
  let source: CouchNodeSource
  /// With symlinks resolved.
  let dataFolder: FilePath
  let listing: DataFolderListing
  /// When the listing was begun, and how long it took.
  let begun: Timestamp
  let width: Duration

  static func all(of deployment: Deployment, now: () -> Timestamp) async throws -> [NodePlan] {
    var plans: [NodePlan] = []
    for source in deployment.nodes {
      try DataFolderError.check(source.dataFolder)
      let folder = try source.dataFolder.resolved()
      if let other = plans.first(where: { $0.dataFolder == folder }) {
        throw BackupError(
          .configuration, "data folders '\(other.source.dataFolder)' and '\(source.dataFolder)' are the same folder",
          hints: ["name each node's folder once under 'nodes:'"])
      }
      let name = try source.name ?? self.name(ofNodeIn: folder)
      guard !plans.contains(where: { $0.name == name }) else {
        throw BackupError(
          .configuration, "two data folders belong to node '\(name)': '\(source.dataFolder)' is the second",
          hints: ["give each node its own 'name:' in the configuration"])
      }
      let begun = now()
      try Task.checkCancellation()
      let start = ContinuousClock.now
      let listing = try await DataFolderListing(scanning: folder, withState: true)
      plans.append(
        NodePlan(name: name, source: source, dataFolder: folder, listing: listing, begun: begun, width: ContinuousClock.now - start))
    }
    return plans
  }

  /// What a snapshot leaves out, as far as names tell.
  func leftOut(_ indexes: IndexChoice) -> [Manifest.LeftOut] {
    guard indexes == .leaveOut else { return listing.leftOut }
    return listing.leftOut + listing.files.filter(\.entry.isIndex).map { .init(path: $0.path, reason: "indexes are left out by choice") }
  }

  /// The state of the data folder that a later run may compare with.
  ///
  /// - Returns: `nil` where a later change could go unseen: something was changed just now, or not all of it lies on one file system of this
  ///   host alone.
  var lastingState: ContentID? {
    guard let state = listing.state, state.newestChange < begun.seconds - FileStamp.longestTick, !state.spansDevices,
      FileSystemKind.isLocal(dataFolder)
    else { return nil }
    return state.digest
  }

  private static func name(ofNodeIn folder: FilePath) throws -> String {
    let file = try HeldFile(opening: folder.appending("_dbs.couch"))
    guard let header = try HeaderSearch.newest(in: file) else {
      throw BackupError(
        .damagedSource, "shard map '\(folder.appending("_dbs.couch"))' has no valid header: CouchDB would show no databases",
        hints: ["do not start CouchDB on it; restore '_dbs.couch' from the last snapshot"])
    }
    // A node alone, as nearly all are, needs no more of a map that may have tens of thousands of entries.
    let names = try ShardMap.nodes(in: file, header)
    if names.count == 1, let only = names.first { return only }
    let map = try ShardMap(file, header)
    return try NodeNaming.infer(from: map, members: members(in: folder)) { try FileMetadata.ifPresent(folder.appending($0)) != nil }
  }

  private static func members(in folder: FilePath) throws -> [String] {
    guard let file = try? HeldFile(opening: folder.appending("_nodes.couch")), let header = try HeaderSearch.newest(in: file) else {
      return []
    }
    return try NodeNames.read(file, header)
  }
}
