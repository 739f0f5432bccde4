import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// Which node each data folder belongs to, found out before the freeze: names are part of a snapshot's paths.
struct NodePlan {
  let name: String
  let source: CouchNodeSource
  /// With symlinks resolved.
  let dataFolder: FilePath

  static func all(of deployment: Deployment) throws -> [NodePlan] {
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
      plans.append(NodePlan(name: name, source: source, dataFolder: folder))
    }
    return plans
  }

  private static func name(ofNodeIn folder: FilePath) throws -> String {
    let file = try HeldFile(opening: folder.appending("_dbs.couch"))
    guard let header = try HeaderSearch.newest(in: file) else {
      throw BackupError(
        .damagedSource, "shard map '\(folder.appending("_dbs.couch"))' has no valid header: CouchDB would show no databases",
        hints: ["do not start CouchDB on it; restore '_dbs.couch' from the last snapshot"])
    }
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
