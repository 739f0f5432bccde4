import CouchFormat
import Deployments

/// Holds proven files against the shard maps, against each other and against the manifest.
struct Comparison {
  private let subject: ProofSubject
  private let maps: [ShardMap?]
  private let proven: [[String: ProvenFile]]
  /// The nodes' names, given or found out.
  let names: [String]
  private(set) var findings: [Finding] = []
  private(set) var databases: [Manifest.Database] = []

  init(subject: ProofSubject, maps: [ShardMap?], proven: [[String: ProvenFile]]) {
    self.subject = subject
    self.maps = maps
    self.proven = proven
    names = zip(subject.nodes, zip(maps, proven)).map { node, found in
      if let name = node.name { return name }
      guard let map = found.0 else { return "" }
      return NodeNaming.infer(from: map, members: []) { found.1[$0]?.isGone == false }
    }
  }

  mutating func run() {
    compareWithMaps()
    for index in subject.nodes.indices { compareIndexes(of: index) }
    databases = countDatabases()
    compareWithManifest()
  }

  private func files(of node: Int) -> Set<String> { Set(proven[node].filter { !$0.value.isGone }.keys) }

  // MARK: Shard maps

  private mutating func compareWithMaps() {
    for (index, map) in maps.enumerated() where map == nil {
      if subject.expected?.contains(subject.nodes[index].prefix + "_dbs.couch") == false { continue }
      let isThere = proven[index]["_dbs.couch"]?.isGone == false
      findings.append(
        Finding(
          .error, isThere ? .mapInconsistent : .fileMissing, file: subject.nodes[index].prefix + "_dbs.couch",
          message: isThere
            ? "the shard map '_dbs.couch' cannot be read, so no shard could be looked for" : "the shard map '_dbs.couch' is not there",
          remedy: "CouchDB would not find its databases: restore it from an earlier snapshot"))
    }
    let nodes = maps.indices.compactMap { index in
      maps[index].map { map in
        let files = files(of: index)
        return MapCheck.Node(
          name: names[index], prefix: subject.nodes[index].prefix, entries: map.live, has: files.contains, files: { Array(files) })
      }
    }
    let check = MapCheck(nodes)
    findings += check.emptied() + check.missing() + check.uncovered() + check.contradictions() + check.orphans()
  }

  // MARK: Indexes

  /// An index that is ahead of its shard serves rows of documents that do not exist and never indexes others, without an error.
  private mutating func compareIndexes(of node: Int) {
    let prefix = subject.nodes[node].prefix
    for index in proven[node].values.sorted(by: { $0.path < $1.path }) where !index.isGone {
      guard let path = index.entry.indexedDatabasePath, let seen = index.seen else { continue }
      guard let database = proven[node][path], !database.isGone else {
        findings.append(
          Finding(
            .warning, .shardOrphan, file: prefix + index.path, message: "index '\(index.path)' belongs to no database that is here",
            remedy: "it only takes space: delete it"))
        continue
      }
      guard let shard = database.seen, seen.updateSeq > shard.updateSeq || seen.purgeSeq > shard.purgeSeq else { continue }
      findings.append(
        Finding(
          .error, .viewAhead, file: prefix + index.path, database: index.databaseName,
          message: "index '\(index.path)' is ahead of its database: update_seq \(seen.updateSeq) over \(shard.updateSeq), "
            + "purge_seq \(seen.purgeSeq) over \(shard.purgeSeq)",
          remedy: "delete it before CouchDB is started: CouchDB builds it anew"))
    }
  }

  // MARK: Counts and the manifest

  private func countDatabases() -> [Manifest.Database] {
    var sums: [String: Manifest.Database] = [:]
    for (index, map) in maps.enumerated() {
      for entry in map?.live ?? [] {
        for range in entry.byNode[names[index]] ?? [] {
          guard let seen = proven[index][entry.shardPath(range).path]?.seen else { continue }
          var sum = sums[entry.database] ?? .init(name: entry.database, q: entry.ranges.count, n: entry.copies)
          sum.shards += 1
          sum.documents += seen.documents
          sum.deleted += seen.deleted
          sum.updateSeq += seen.updateSeq
          sums[entry.database] = sum
        }
      }
    }
    return sums.values.sorted { $0.name < $1.name }
  }

  private mutating func compareWithManifest() {
    guard let manifest = subject.manifest else { return }
    var present = Set(subject.plain.keys)
    for (index, node) in subject.nodes.enumerated() { present.formUnion(files(of: index).map { node.prefix + $0 }) }
    for file in manifest.files where !present.contains(file.path) && subject.expected?.contains(file.path) ?? true {
      findings.append(
        Finding(
          .error, .fileMissing, file: file.path, message: "'\(file.path)' is in the manifest and is not there",
          remedy: "restore it: akiba restore SNAPSHOT --path '\(file.path)' --to FOLDER"))
    }
    let recorded = Set(manifest.files.map(\.path))
    for (index, node) in subject.nodes.enumerated() {
      for path in files(of: index).map({ node.prefix + $0 }).sorted() where !recorded.contains(path) {
        findings.append(
          Finding(
            .error, .fileUnexpected, file: path, message: "'\(path)' is not in the manifest",
            remedy: "a leftover beside restored files can bring deleted documents back: restore into an empty folder"))
      }
    }
    compareCounts(manifest)
    repeatFindings(manifest)
  }

  private mutating func compareCounts(_ manifest: Manifest) {
    for expected in manifest.databases where subject.expected == nil {
      let found =
        databases.first { $0.name == expected.name } ?? .init(name: expected.name, q: expected.q, n: expected.n)
      guard found != expected else { continue }
      findings.append(
        Finding(
          .error, .countDiffers, file: SnapshotLayout.manifest, database: expected.name,
          message: "database '\(expected.name)' has \(found.documents) documents, \(found.deleted) deleted, in \(found.shards) shards; "
            + "the manifest says \(expected.documents), \(expected.deleted), in \(expected.shards)",
          remedy: "findings about its shards say which; take them from the snapshot again"))
    }
  }

  /// What the backup itself found in its files is true of every copy made of them; what it found on the host is not.
  private mutating func repeatFindings(_ manifest: Manifest) {
    for note in manifest.findings where SnapshotLayout.holds(note.file) && subject.expected?.contains(note.file) ?? true {
      findings.append(
        Finding(
          .warning, FindingKind(rawValue: note.kind), file: note.file, message: "the backup found: \(note.message)", remedy: note.remedy))
    }
  }
}

extension ProvenFile {
  var databaseName: String? {
    switch entry {
    case .shard(let shard), .shardIndex(let shard, _): shard.database
    default: nil
    }
  }
}
