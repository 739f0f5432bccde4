import CouchFormat
import Deployments

/// In which order files are frozen: what depends on others first, so that it is never newer than they are.
///
/// Indexes, consumer databases, the databases they consume, `_nodes`, and the shard map last.
struct FreezeOrder {
  let freezeLast: [String]

  func rank(_ entry: DataFolderEntry) -> Int {
    if entry.isIndex { return 0 }
    switch entry {
    case .shard(let shard): return 1 + (freezeLast.firstIndex(of: shard.database).map { $0 + 1 } ?? 0)
    case .nodes: return freezeLast.count + 2
    case .shardMap: return freezeLast.count + 3
    default: return 1
    }
  }
}
