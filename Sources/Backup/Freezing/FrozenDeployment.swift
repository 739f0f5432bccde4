import CouchFormat
import Deployments
import Primitives
import ResticFormat
import SystemPackage

/// All of a deployment's CouchDB files at one moment.
struct FrozenDeployment: Sendable {
  var nodes: [FrozenNode]
  var findings: [Finding]
  var leftOut: [Manifest.LeftOut]
  /// Paths in the snapshot of files that the shard map names and that are not in it.
  var missing: Set<String> = []
  let frozenAt: Timestamp
  /// From the first file's opening to the last one's.
  let width: Duration
}

/// One node's part.
struct FrozenNode: Sendable {
  /// The Erlang node name: where its files go in the snapshot.
  let name: String
  let source: CouchNodeSource
  let dataFolder: FilePath
  let folders: [DataFolderListing.Folder]
  let files: FrozenFiles
  /// The live databases of its shard map.
  let databases: [ShardMap.Entry]
  /// `DataFolderState` that a later run may compare with.
  let state: ContentID?
  /// The last snapshot shows all of it as it is: then there are no `files`.
  let untouched: UntouchedNode?

  init(_ plan: NodePlan, files: [String: FrozenFile] = [:], databases: [ShardMap.Entry] = [], untouched: UntouchedNode? = nil) {
    name = plan.name
    source = plan.source
    dataFolder = plan.dataFolder
    folders = plan.listing.folders
    self.files = FrozenFiles(files)
    self.databases = databases
    state = plan.lastingState
    self.untouched = untouched
  }

  var mapped: MapCheck.Node {
    MapCheck.Node(
      name: name, prefix: SnapshotLayout.dataFolder(node: name) + "/", entries: databases, has: files.contains, files: { files.paths })
  }
}
