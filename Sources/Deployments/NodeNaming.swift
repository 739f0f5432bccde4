package import CouchFormat

/// Which node a data folder belongs to, from what is in it.
package enum NodeNaming {
  /// For a folder in which nothing tells.
  private static let unnamed = "node"

  /// The node for which the map names the most shards that are here; else the first member of the cluster. A folder that was moved
  /// between nodes has both names in it.
  ///
  /// - Parameters:
  ///   - members: from `_nodes.couch`.
  ///   - isPresent: whether a shard of this path, below the data folder, is there.
  package static func infer(from map: ShardMap, members: [String], isPresent: (String) throws -> Bool) rethrows -> String {
    let names = Set(map.live.flatMap(\.byNode.keys))
    if names.count == 1, let only = names.first { return only }
    var present: [String: Int] = [:]
    for entry in map.live {
      for (node, ranges) in entry.byNode { present[node, default: 0] += try ranges.count { try isPresent(entry.shardPath($0).path) } }
    }
    let best = present.min { ($1.value, $0.key) < ($0.value, $1.key) }
    return best?.key ?? members.first ?? unnamed
  }
}
