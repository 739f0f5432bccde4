import CouchFormat
import Deployments
import Primitives

/// The offline proof of a deployment: every file by itself, then all of them against the shard maps, each other and the manifest.
///
/// Nothing is written and no CouchDB is needed. Indexes are looked at before shards, and the shard map last, so that a live folder
/// that moves on meanwhile is not taken for a damaged one.
package struct OfflineProof: Sendable {
  private let subject: ProofSubject
  private let progress: ProofProgress
  /// Files proven at once: one a core.
  private let width: Int
  /// What the manifest says of each file, by path in the snapshot.
  private let records: [String: FileRecord]

  package init(of subject: ProofSubject, width: Int, progress: ProofProgress) {
    self.subject = subject
    records = Dictionary((subject.manifest?.files ?? []).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    self.width = max(1, width)
    self.progress = progress
  }

  package func run() async throws -> ProofReport {
    let earlyMaps = try await readMaps()
    // A restored part may have come without a map, and an orphan is in none.
    let partitioned = Dictionary(
      earlyMaps.flatMap { $0?.entries ?? [] }.map { ($0.database, $0.isPartitioned) }, uniquingKeysWith: { $0 || $1 })
    progress.update { $0.files = subject.nodes.reduce(subject.plain.count) { $0 + $1.files.count } }
    var proven: [[String: ProvenFile]] = Array(repeating: [:], count: subject.nodes.count)
    for phase in Phase.allCases { try await prove(phase, partitioned, &proven) }
    let maps = try await readMaps()
    try await proveLateFiles(maps, partitioned, &proven)

    var report = ProofReport()
    report.findings = subject.findings
    var comparison = Comparison(subject: subject, maps: maps, proven: proven)
    comparison.run()
    for file in proven.flatMap(\.values).sorted(by: { $0.path < $1.path }) where !file.isGone {
      report.files += 1
      report.bytes += file.bytes
      report.counts = report.counts + file.counts
      report.findings += file.findings
      report.findingCount += file.findingCount - file.findings.count
    }
    let plain = try await provePlainFiles()
    report.files += plain.files
    report.bytes += plain.bytes
    report.findings += comparison.findings + plain.findings
    if let manifest = subject.manifest { report.findings += try await OwnFilesCheck(manifest: manifest, files: subject.plain).run() }
    report.findingCount += report.findings.count
    report.nodes = comparison.names
    report.databases = comparison.databases
    return report
  }

  // MARK: CouchDB's files

  private enum Phase: CaseIterable {
    case indexes, shards, maps

    init(_ entry: DataFolderEntry) {
      switch entry {
      case .shardMap, .nodes: self = .maps
      default: self = entry.isIndex ? .indexes : .shards
      }
    }
  }

  private struct Done: Sendable {
    let node: Int
    let file: ProvenFile
  }

  private func prove(_ phase: Phase, _ partitioned: [String: Bool], _ proven: inout [[String: ProvenFile]]) async throws {
    var work: [(node: Int, path: String)] = []
    for (index, node) in subject.nodes.enumerated() {
      work += node.files.keys.filter { Phase(DataFolderEntry(path: $0)) == phase }.sorted().map { (index, $0) }
    }
    try await withThrowingTaskGroup(of: Done.self) { group in
      for (number, (node, path)) in work.enumerated() {
        if number >= width, let done = try await group.next() { note(done.file, of: done.node, &proven) }
        guard let file = subject.nodes[node].files[path] else { continue }
        let prover = prover(of: file, path: path, partitioned)
        group.addTask { Done(node: node, file: try await prover.run()) }
      }
      for try await done in group { note(done.file, of: done.node, &proven) }
    }
  }

  private func prover(of file: ProofSubject.File, path: String, _ partitioned: [String: Bool]) -> FileProver {
    var isPartitioned: Bool?
    if case .shard(let shard) = DataFolderEntry(path: path) { isPartitioned = partitioned[shard.database] }
    return FileProver(file: file, path: path, record: records[file.path], isPartitioned: isPartitioned)
  }

  private func note(_ file: ProvenFile, of node: Int, _ proven: inout [[String: ProvenFile]]) {
    proven[node][file.path] = file
    progress.update { state in
      state.filesDone += 1
      state.bytesDone += file.bytes
    }
  }

  /// Databases created after the folder was listed.
  private func proveLateFiles(_ maps: [ShardMap?], _ partitioned: [String: Bool], _ proven: inout [[String: ProvenFile]]) async throws {
    for (index, map) in maps.enumerated() {
      for entry in map?.live ?? [] {
        for path in entry.ranges.map({ entry.shardPath($0).path }) where proven[index][path]?.isGone ?? true {
          guard let file = subject.findLate(index, path) else { continue }
          note(try await prover(of: file, path: path, partitioned).run(), of: index, &proven)
        }
      }
    }
  }

  /// `nil` for a node without a map that can be read: `Comparison` says so.
  private func readMaps() async throws -> [ShardMap?] {
    var maps: [ShardMap?] = []
    for node in subject.nodes {
      let source = try? await node.files["_dbs.couch"]?.open()
      let header = source.flatMap { try? HeaderSearch.newest(in: $0) }
      maps.append(source.flatMap { source in header.flatMap { try? ShardMap(source, $0) } })
    }
    return maps
  }

  // MARK: Other files

  private struct Plain {
    var files = 0
    var bytes = 0
    var findings: [Finding] = []
  }

  /// Everything beside CouchDB's data is compared with its digest; the files a backup writes about itself are held against each other.
  private func provePlainFiles() async throws -> Plain {
    var result = Plain()
    for (path, file) in subject.plain.sorted(by: { $0.key < $1.key }) {
      defer { progress.update { $0.filesDone += 1 } }
      guard let record = records[path] else {
        if !path.hasPrefix("akiba/") {
          result.findings.append(
            Finding(
              .warning, .fileUnexpected, file: path, message: "'\(path)' is not in the manifest",
              remedy: "it was put there after the restore, or by another tool"))
        }
        continue
      }
      result.files += 1
      do {
        let source = try await file.open()
        result.bytes += source.byteCount
        if try source.byteCount != record.size || FileProver.digest(of: source) != record.sha256 {
          result.findings.append(
            Finding(
              .error, .fileDiffers, file: path, message: "the bytes of '\(path)' are not those that were backed up",
              remedy: "take it from the snapshot again"))
        }
      } catch let error as any Explainable {
        result.findings.append(
          Finding(
            .error, .unreadable, file: path, message: "'\(path)' cannot be read: \(error.summary)",
            remedy: error.hints.first ?? "take it from the snapshot again"))
      }
    }
    return result
  }
}
