import CouchFormat
import Deployments
import Primitives
import Repositories
import ResticFormat
import SystemPackage

/// What the last snapshot holds of a node whose data folder nobody touched since. It is taken over as a whole: no file is looked at, no folder
/// written anew.
struct UntouchedNode: Sendable {
  /// Of its data folder.
  let tree: ContentID
  let files: KeptFiles
  /// Those of the deployment that have a shard here.
  let databases: [Manifest.Database]
}

/// Whether the last snapshot shows what is there now.
///
/// All nodes of a deployment are untouched, or none counts as such: a database's shards are counted together. A snapshot with findings about the
/// data is never taken over: whoever mends their cause has to see them go.
struct UntouchedNodes {
  let plans: [NodePlan]
  let indexes: IndexChoice
  let programVersion: String
  let last: LastSnapshot
  let reader: RepositoryReader

  /// - Parameter isStored: whether every location has a blob.
  /// - Returns: `nil` if there is something to do.
  func take(isStored: @escaping @Sendable (BlobHandle) -> Bool) async throws -> FrozenDeployment? {
    guard let manifest = last.manifest, isShown(by: manifest.head) else { return nil }
    var nodes: [FrozenNode] = []
    for plan in plans {
      let folder = SnapshotLayout.dataFolder(node: plan.name)
      async let files = manifest.files(below: folder)
      guard let tree = try await reader.node(at: folder, in: last.stored.snapshot.tree)?.subtree,
        try await reader.holdsAll(below: tree, isStored: isStored), let files = try await files
      else { return nil }
      let databases = nodes.isEmpty ? manifest.head.databases : []
      nodes.append(FrozenNode(plan, untouched: UntouchedNode(tree: tree, files: files, databases: databases)))
    }
    // What is as it was at the last freeze was so all the while: also when the first of them was looked at.
    return FrozenDeployment(
      nodes: nodes, findings: [], leftOut: plans.flatMap { $0.leftOut(indexes) },
      frozenAt: plans.map(\.begun).min() ?? last.stored.snapshot.time,
      width: plans.reduce(.zero) { $0 + $1.width })
  }

  private func isShown(by manifest: Manifest) -> Bool {
    let nodes = plans.map { Manifest.Node(name: $0.name, source: $0.source.dataFolder.string, state: $0.lastingState) }
    let leftOut = Set(plans.flatMap { $0.leftOut(indexes) })
    return manifest.facts.trusted && manifest.facts.indexes == indexes.rawValue && manifest.facts.akibaVersion == programVersion
      && !nodes.isEmpty && nodes == manifest.nodes && nodes.allSatisfy { $0.state != nil }
      && !manifest.findings.contains { SnapshotLayout.dataPath($0.file) != nil }
      && manifest.leftOut.allSatisfy { leftOut.contains($0) || !Self.isOfDataFolder($0.path) }
  }

  /// Paths of what is left out are below the data folder there, and paths of the snapshot or of the host elsewhere.
  private static func isOfDataFolder(_ path: String) -> Bool {
    !SnapshotLayout.holds(path) && !path.hasPrefix("/") && DataFolderEntry(path: path) != .unknown
  }
}
