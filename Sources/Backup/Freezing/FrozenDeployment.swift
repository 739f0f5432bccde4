import CouchFormat
import Deployments
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
  /// By path below the data folder.
  var files: [String: FrozenFile]
  /// The live databases of its shard map.
  let databases: [ShardMap.Entry]

  var mapped: MapCheck.Node {
    MapCheck.Node(
      name: name, prefix: SnapshotLayout.dataFolder(node: name) + "/", entries: databases, files: Set(files.keys))
  }
}
