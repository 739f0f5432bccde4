package import CouchFormat
import Deployments
import Primitives

/// What a CouchDB would answer about a subject's databases, recomputed from the files alone.
package struct Answers {
  private let subject: ProofSubject

  package init(about subject: ProofSubject) { self.subject = subject }

  /// Calls `body` with each live database in order of name. Two databases are never held at once: answers need their lines in memory.
  package func forEach(_ body: (_ database: String, _ answers: DatabaseAnswers) throws -> Void) async throws {
    try await forEachDatabase { entry, shards in try body(entry.database, try DatabaseAnswers(shards)) }
  }

  /// The same with the shards themselves, each range once.
  package func forEachDatabase(_ body: (_ entry: ShardMap.Entry, _ shards: [AnswerShard]) throws -> Void) async throws {
    var shards: [String: [(node: Int, shard: ShardPath)]] = [:]
    var entries: [String: ShardMap.Entry] = [:]
    for (index, node) in subject.nodes.enumerated() {
      guard let map = try await map(of: node) else { continue }
      for entry in map.live {
        entries[entry.database] = entry
        for shard in entry.ranges.map(entry.shardPath) where node.files[shard.path] != nil {
          // In a cluster with copies, one of them answers.
          if shards[entry.database]?.contains(where: { $0.shard == shard }) ?? false { continue }
          shards[entry.database, default: []].append((index, shard))
        }
      }
    }
    for (database, places) in shards.sorted(by: { $0.key < $1.key }) {
      guard let entry = entries[database] else { continue }
      try Task.checkCancellation()
      var parts: [AnswerShard] = []
      for place in places { parts.append(try await part(place.shard, of: subject.nodes[place.node])) }
      try body(entry, parts)
    }
  }

  private func map(of node: ProofSubject.Node) async throws -> ShardMap? {
    guard let source = try await node.files["_dbs.couch"]?.open(), let header = try HeaderSearch.newest(in: source) else { return nil }
    return try ShardMap(source, header)
  }

  private func part(_ shard: ShardPath, of node: ProofSubject.Node) async throws -> AnswerShard {
    guard let source = try await node.files[shard.path]?.open(), let header = try HeaderSearch.newest(in: source) else {
      throw RecoveryError(.damagedSnapshot, "'\(shard.path)' has no valid header", hints: ["run 'akiba verify' without --answers"])
    }
    var indexes: [String: AnswerShard.Index] = [:]
    for (path, file) in node.files {
      guard case .shardIndex(shard, let signature) = DataFolderEntry(path: path) else { continue }
      let source = try await file.open()
      if let header = try HeaderSearch.newest(in: source)?.view { indexes[signature] = .init(source: source, header: header) }
    }
    return AnswerShard(file: try DatabaseFile(source, header), indexes: indexes)
  }
}
