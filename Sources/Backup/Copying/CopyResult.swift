import CouchFormat
import Deployments

/// What the second pass made of one node's files.
struct CopyResult {
  private(set) var records: [FileRecord] = []
  /// Instead of `records`.
  private(set) var kept: KeptFiles?
  /// Sums over the shards that are in the snapshot, by database.
  private(set) var databases: [String: Manifest.Database] = [:]
  var findings: [Finding] = []
  var leftOut: [Manifest.LeftOut] = []
  var reused = 0
  var grown = 0
  var fresh = 0

  private let nodeName: String
  /// The live databases of the node's shard map.
  private let map: [String: ShardMap.Entry]

  init(of node: FrozenNode) {
    nodeName = node.name
    map = Dictionary(node.databases.map { ($0.database, $0) }) { first, _ in first }
    records.reserveCapacity(node.files.count)
  }

  mutating func add(_ record: FileRecord, of entry: DataFolderEntry) {
    records.append(record)
    guard case .shard(let shard) = entry, let facts = record.couch, let entry = map[shard.database], entry.suffix == shard.suffix,
      entry.byNode[nodeName]?.contains(shard.range) == true
    else { return }
    databases[shard.database, default: .init(name: entry.database, q: entry.ranges.count, n: entry.copies)].add(facts)
  }

  /// A node that the last snapshot shows as it is.
  mutating func take(_ node: UntouchedNode) {
    kept = node.files
    databases = Dictionary(node.databases.map { ($0.name, $0) }) { first, _ in first }
    reused = node.files.totals.files
  }

  mutating func add(_ sources: SourceFiles) {
    findings += sources.findings
    leftOut += sources.leftOut
  }
}

extension Manifest.Database {
  mutating func add(_ shard: CouchRecord) {
    shards += 1
    documents += shard.documents ?? 0
    deleted += shard.deleted ?? 0
    updateSeq += shard.updateSeq
  }

  /// The same database's shards on another node.
  mutating func add(_ other: Manifest.Database) {
    shards += other.shards
    documents += other.documents
    deleted += other.deleted
    updateSeq += other.updateSeq
  }
}
