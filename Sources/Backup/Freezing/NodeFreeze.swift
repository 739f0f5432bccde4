import CouchFormat
import Deployments
import Files
import Glibc
import SystemPackage

/// The freeze of one node's files, and everything it notices about them.
struct NodeFreeze {
  let plan: NodePlan
  /// Of this node's paths in a snapshot.
  private let prefix: String
  private let memory: Memory
  let freezer: FileFreezer
  private(set) var files: [String: FrozenFile] = [:]
  private(set) var findings: [Finding] = []
  private(set) var leftOut: [Manifest.LeftOut]
  /// Why a file that is needed could not be frozen, by path.
  private var refusals: [String: String] = [:]
  /// Paths that something was found about: of most files nothing is.
  private var noted: Set<String> = []
  /// Of the shard map.
  private var live: [ShardMap.Entry] = []
  /// Paths in the snapshot of shards that the map names and that could not be frozen.
  private(set) var missing: Set<String> = []

  /// While databases are created and deleted, the map is read again this often before a missing shard is believed.
  private static let mapReadings = 10
  private static let pauseMicroseconds: UInt32 = 50_000

  init(_ plan: NodePlan, _ freeze: Freeze) {
    self.plan = plan
    prefix = SnapshotLayout.dataFolder(node: plan.name) + "/"
    memory = freeze.memory
    freezer = FileFreezer(
      dataFolder: plan.dataFolder, prefix: prefix, remembered: freeze.memory.files, meter: freeze.meter,
      budget: DescriptorBudget(
        limit: freeze.descriptorLimit / max(1, freeze.deployment.nodes.count), files: plan.listing.files.count))
    files.reserveCapacity(plan.listing.files.count)
    leftOut = plan.leftOut(freeze.deployment.indexes)
    noted = Set(leftOut.map(\.path))
    for path in plan.listing.foreign { noteForeign(path) }
  }

  var result: FrozenNode {
    FrozenNode(plan, files: files, databases: live)
  }

  private var mapped: MapCheck.Node {
    MapCheck.Node(
      name: plan.name, prefix: prefix, entries: live, has: { [files] in files[$0] != nil }, files: { [files] in Array(files.keys) })
  }

  /// Before the freeze, so that it does not wait for the disk: of files that the last snapshot has nothing of. The others were not
  /// touched, or were written to lately and are in memory.
  func readAhead(_ path: String) {
    if freezer.remembered[prefix + path] == nil { ReadAhead.end(of: plan.dataFolder.appending(path)) }
  }

  private mutating func freeze(_ path: String, _ entry: DataFolderEntry) { note(freezer.freeze(path, entry), path, entry) }

  /// What became of a file.
  mutating func note(_ outcome: FileFreezer.Outcome, _ path: String, _ entry: DataFolderEntry) {
    switch outcome {
    case .frozen(let file):
      files[path] = file
      forget(path)
    case .vanished: break
    case .withoutHeader(let size):
      refuse(path, entry, .headerMissing, "has no valid header in its \(size) bytes", "CouchDB would take it for a new, empty database")
    case .strange(let reason): refuse(path, entry, .headerUnknown, "cannot be frozen: \(reason)", "is it from a newer CouchDB?")
    case .unreadable(let error):
      refuse(path, entry, .unreadable, error.summary, error.hints.first ?? "look at the disk's health, then run the backup again")
    }
  }

  /// What an earlier try found of a file that is tried again.
  private mutating func forget(_ path: String) {
    guard noted.remove(path) != nil else { return }
    refusals[path] = nil
    findings.removeAll { $0.file == prefix + path }
    leftOut.removeAll { $0.path == path }
  }

  /// An index that cannot be read is left out, as CouchDB builds it anew; a shard that cannot be read counts as missing.
  private mutating func refuse(_ path: String, _ entry: DataFolderEntry, _ kind: FindingKind, _ reason: String, _ remedy: String) {
    files[path] = nil
    forget(path)
    if entry.isIndex {
      let severity: Finding.Severity = kind == .unreadable ? .error : .warning
      add(severity, .indexLeftOut, path, "index '\(path)' is left out: it \(reason)", "CouchDB builds it anew after a restore")
      leftOut.append(.init(path: path, reason: reason))
    } else {
      noted.insert(path)
      refusals[path] = reason
      add(.error, kind, path, "'\(path)' \(reason)", remedy)
    }
  }

  private mutating func add(
    _ severity: Finding.Severity, _ kind: FindingKind, _ path: String, database: String? = nil, _ message: String, _ remedy: String
  ) {
    noted.insert(path)
    findings.append(
      Finding(
        severity, kind, file: prefix + path, database: database, message: message,
        remedy: remedy))
  }

  private mutating func noteForeign(_ path: String) {
    leftOut.append(.init(path: path, reason: "not a file of CouchDB"))
    add(.warning, .foreignFile, path, "'\(path)' is not a file of CouchDB and is left out", "move it out of the data folder")
  }
}

// MARK: The shard map

extension NodeFreeze {
  /// Every live database must have a frozen file for each of this node's ranges.
  ///
  /// What was created since the listing is frozen now; what was deleted shows as a tombstone when the map is read again. What is
  /// missing after that is missing.
  mutating func reconcile() throws {
    for reading in 1...Self.mapReadings {
      guard try readMap() else { continue }
      let missing = missingShards()
      if missing.isEmpty { return }
      for shard in missing { freeze(shard.path, .shard(shard)) }
      let still = missingShards()
      if still.isEmpty { return }
      guard reading < Self.mapReadings else { return reportMissing(still) }
      usleep(Self.pauseMicroseconds)
      freeze("_dbs.couch", .shardMap)
    }
    throw BackupError(
      .damagedSource, "shard map '\(plan.dataFolder.appending("_dbs.couch"))' was replaced again and again while it was read",
      hints: ["run the backup again; nothing but CouchDB may write into its data folder"])
  }

  /// - Returns: `false` if the map was replaced by a compaction just now and is frozen anew.
  private mutating func readMap() throws -> Bool {
    guard let frozen = files["_dbs.couch"] else {
      throw BackupError(
        .damagedSource, "shard map '\(plan.dataFolder.appending("_dbs.couch"))' \(refusals["_dbs.couch"] ?? "vanished")",
        hints: ["do not start CouchDB on it; restore '_dbs.couch' from the last snapshot"])
    }
    let file: HeldFile
    if case .held(let held) = frozen.source {
      file = held
    } else {
      // A map frozen as unchanged is not held open.
      file = try HeldFile(opening: plan.dataFolder.appending("_dbs.couch"), meter: freezer.meter)
    }
    guard let header = try HeaderSearch.header(at: frozen.facts.offset, in: file),
      try Fingerprint(of: file, header: header.offset, end: header.end, isIndex: false)
        == Fingerprint(tail: frozen.facts.tail, identity: frozen.facts.identity)
    else {
      freeze("_dbs.couch", .shardMap)
      return false
    }
    live = try ShardMap(file, header).live
    return true
  }

  private func missingShards() -> [ShardPath] {
    live.flatMap { entry in (entry.byNode[plan.name] ?? []).map(entry.shardPath) }.filter { files[$0.path] == nil }
  }

  private mutating func reportMissing(_ shards: [ShardPath]) {
    missing = Set(shards.map { prefix + $0.path })
    findings += MapCheck([mapped]).missing().filter { finding in !findings.contains { $0.file == finding.file } }
  }

  /// A shard without a header that the map does not name is being created, or was left over: nobody misses it.
  mutating func forgiveUnnamed() {
    guard findings.contains(where: { $0.kind == .headerMissing }) else { return }
    let named = Set(
      live.flatMap { entry in entry.ranges.map { prefix + entry.shardPath($0).path } })
    for index in findings.indices where findings[index].kind == .headerMissing && !named.contains(findings[index].file) {
      guard let path = SnapshotLayout.dataPath(findings[index].file)?.path, ShardPath(path) != nil else { continue }
      findings[index].severity = .warning
      leftOut.append(.init(path: path, reason: "it has no valid header, and the shard map does not name it"))
    }
  }

  /// Files without an entry in the map are kept and named, unless the database was deleted during the freeze.
  mutating func reportOrphans() {
    guard !isEachShardNamed else { return }
    for finding in MapCheck([mapped]).orphans() {
      guard let path = SnapshotLayout.dataPath(finding.file)?.path, let shard = ShardPath(path) else { continue }
      if (try? FileMetadata.ifPresent(plan.dataFolder.appending(path))) == nil {
        leaveOut(shard, "its database was deleted during the backup")
      } else {
        findings.append(finding)
      }
    }
  }

  /// As many shards as the map names for this node, and none of those is missing or was refused.
  private var isEachShardNamed: Bool {
    var named = 0
    for entry in live {
      let ranges = entry.byNode[plan.name] ?? []
      // What is named twice, or could be, is not counted on.
      guard !entry.suffix.isEmpty, zip(ranges, ranges.dropFirst()).allSatisfy(<) else { return false }
      named += ranges.count
    }
    let shards = files.values.count { if case .shard = $0.entry { true } else { false } }
    return missing.isEmpty && refusals.isEmpty && named == shards
  }

  private mutating func leaveOut(_ shard: ShardPath, _ reason: String) {
    for file in files.values where file.path == shard.path || file.entry.indexedDatabasePath == shard.path {
      files[file.path] = nil
      noted.insert(file.path)
      leftOut.append(.init(path: file.path, reason: reason))
    }
  }
}

// MARK: Indexes, and what went back

extension NodeFreeze {
  /// An index newer than its shard would never index what is written after a restore, without an error: it is left out.
  mutating func checkIndexes() {
    for file in files.values.filter(\.entry.isIndex).sorted(by: { $0.path < $1.path }) {
      guard let path = file.entry.indexedDatabasePath else { continue }
      guard files[path] != nil else {
        leaveOutIndex(file, "its database '\(path)' is not in this snapshot")
        continue
      }
      if isAhead(file, of: path), let entry = files[path]?.entry { freeze(path, entry) }
      if isAhead(file, of: path) { leaveOutIndex(file, "it is ahead of its database '\(path)'", .viewAhead) }
    }
    // One that was looked at again may be gone by now.
    if !refusals.isEmpty { reportMissing(missingShards()) }
  }

  private func isAhead(_ index: FrozenFile, of path: String) -> Bool {
    guard let database = files[path] else { return true }
    return index.facts.updateSeq > database.facts.updateSeq || index.facts.purgeSeq > database.facts.purgeSeq
  }

  private mutating func leaveOutIndex(_ file: FrozenFile, _ reason: String, _ kind: FindingKind = .indexLeftOut) {
    files[file.path] = nil
    leftOut.append(.init(path: file.path, reason: reason))
    add(.warning, kind, file.path, "index '\(file.path)' is left out: \(reason)", "CouchDB builds it anew after a restore")
  }

  /// The last snapshot knew more of a database than is there now: a truncated file, a restored older copy, an older CouchDB.
  mutating func compareWithRemembered() {
    let databases = files.values.filter { $0.facts.kind == .database && !isLevel($0) }
    for file in databases.sorted(by: { $0.path < $1.path }) {
      guard let known = memory.yardstick(of: prefix + file.path), known.kind == .database else { continue }
      let before = (known.documents ?? 0) + (known.deleted ?? 0)
      let identity = known.uuid == file.facts.uuid ? "the same uuid" : "another uuid"
      if before > 0, (file.facts.documents ?? 0) + (file.facts.deleted ?? 0) == 0 {
        addWentBack(.shardBecameEmpty, file, "is empty (\(identity)); the last sound snapshot has \(before) documents of it")
      } else if file.facts.updateSeq < known.updateSeq {
        addWentBack(.shardWentBack, file, "went back from update_seq \(known.updateSeq) to \(file.facts.updateSeq) (\(identity))")
      }
    }
  }

  /// Nothing of it went back, as can be seen without a closer look.
  private func isLevel(_ file: FrozenFile) -> Bool {
    if case .unchanged = file.source, memory.isYardstick { return true }
    guard let known = memory.yardstick(of: prefix + file.path) else { return true }
    return known.updateSeq == file.facts.updateSeq && known.documents == file.facts.documents && known.deleted == file.facts.deleted
  }

  private mutating func addWentBack(_ kind: FindingKind, _ file: FrozenFile, _ what: String) {
    add(
      .error, kind, file.path, "'\(file.path)' \(what)",
      "older snapshots are kept; if nobody restored or emptied it on purpose, restore it from the last snapshot")
  }
}
