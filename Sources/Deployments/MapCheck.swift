package import CouchFormat

/// Holds a deployment's files against its shard maps: is every range of every live database there, and where it should be?
package struct MapCheck {
  /// One node's files and what its own `_dbs.couch` says.
  package struct Node {
    package let name: String
    /// What precedes a path below the data folder in findings.
    package let prefix: String
    package let entries: [ShardMap.Entry]
    /// Whether there is a file of a path below the data folder.
    fileprivate let has: (String) -> Bool
    /// All of them, in no order.
    fileprivate let files: () -> [String]

    package init(
      name: String, prefix: String, entries: [ShardMap.Entry], has: @escaping (String) -> Bool, files: @escaping () -> [String]
    ) {
      self.name = name
      self.prefix = prefix
      self.entries = entries
      self.has = has
      self.files = files
    }
  }

  private let nodes: [Node]

  package init(_ nodes: [Node]) { self.nodes = nodes }

  /// Shards that the map gives to a node and that are not in its folder.
  package func missing() -> [Finding] {
    nodes.flatMap { node in
      node.entries.flatMap { entry in
        (entry.byNode[node.name] ?? []).map(entry.shardPath).filter { !node.has($0.path) }.map { shard in
          Finding(
            .error, .shardMissing, file: node.prefix + shard.path, database: shard.database,
            message: "the shard map names '\(shard.path)' of database '\(shard.database)' and it is not there",
            remedy: "CouchDB would replace it by an empty one: restore it from the last snapshot before CouchDB opens it")
        }
      }
    }
  }

  /// Ranges that only nodes outside of this deployment hold: one node of a cluster is no backup of it.
  package func uncovered() -> [Finding] {
    let names = Set(nodes.map(\.name))
    var seen: Set<String> = []
    return nodes.flatMap { node in
      node.entries.filter { (nodes.count == 1 || seen.insert($0.database).inserted) && !names.isSuperset(of: $0.byNode.keys) }.flatMap {
        entry in
        entry.ranges.compactMap { range in
          let holders = entry.byNode.filter { $0.value.contains(range) }.keys.sorted()
          return names.isDisjoint(with: holders) ? foreign(entry, range, holders, node) : nil
        }
      }
    }
  }

  private func foreign(_ entry: ShardMap.Entry, _ range: HashRange, _ holders: [String], _ node: Node) -> Finding {
    let path = entry.shardPath(range).path
    let holder = holders.joined(separator: ", ")
    if nodes.contains(where: { $0.has(path) }) {
      return Finding(
        .warning, .foreignNode, file: node.prefix + path, database: entry.database,
        message: "the shard map says that '\(path)' of '\(entry.database)' is on node '\(holder)', which is none of this deployment's",
        remedy: "CouchDB serves it only under that node name")
    }
    return Finding(
      .error, .mapIncomplete, file: node.prefix + path, database: entry.database,
      message: "range \(range) of '\(entry.database)' is only on node '\(holder)', whose data folder is not part of this deployment",
      remedy: "add that node's data folder; without it the data is not complete")
  }

  /// A map without databases beside shards: what an older CouchDB leaves behind, or a truncation.
  package func emptied() -> [Finding] {
    nodes.filter { node in node.entries.isEmpty && node.files().contains { ShardPath($0) != nil } }.map { node in
      Finding(
        .error, .mapIncomplete, file: "\(node.prefix)_dbs.couch",
        message:
          "the shard map names no database, and there are shards of \(Set(node.files().compactMap { ShardPath($0)?.database }).count)",
        remedy: "CouchDB shows no databases: stop it and restore '_dbs.couch' from an earlier snapshot")
    }
  }

  /// Maps that contradict themselves.
  package func contradictions() -> [Finding] {
    var seen: Set<String> = []
    return nodes.flatMap { node in
      node.entries.filter { seen.insert($0.database).inserted }.flatMap { entry in
        var findings: [Finding] = []
        let file = "\(node.prefix)_dbs.couch"
        if !HashRange.coverEverything(entry.ranges) {
          findings.append(
            Finding(
              .error, .mapInconsistent, file: file, database: entry.database,
              message: "the ranges of database '\(entry.database)' do not cover 00000000 to ffffffff",
              remedy: "documents in the gap cannot be reached: restore '_dbs.couch' from an earlier snapshot"))
        }
        if !entry.isConsistent {
          findings.append(
            Finding(
              .warning, .mapInconsistent, file: file, database: entry.database,
              message: "'by_node' and 'by_range' of database '\(entry.database)' differ in the shard map",
              remedy: "CouchDB routes by 'by_node'; correct the map's document"))
        }
        return findings
      }
    }
  }

  /// Shard files that belong to no live database.
  package func orphans() -> [Finding] {
    nodes.flatMap { node in
      let live = Set(node.entries.flatMap { entry in entry.ranges.map { entry.shardPath($0).path } })
      return node.files().filter { !live.contains($0) }.sorted().compactMap { path -> Finding? in
        guard case .shard(let shard) = DataFolderEntry(path: path) else { return nil }
        return Finding(
          .warning, .shardOrphan, file: node.prefix + path, database: shard.database,
          message: "'\(path)' belongs to no database of the shard map", remedy: "CouchDB ignores it; it only takes space")
      }
    }
  }
}
