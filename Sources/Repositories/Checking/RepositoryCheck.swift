import Primitives
import ResticFormat
import Stores

/// Looks at everything in one copy and lists what is wrong; never stops at the first.
///
/// Beyond what stock `restic check` does, a file's size is compared with the blobs it names. Hold a shared lock meanwhile.
package struct RepositoryCheck: Sendable {
  private static let window = 8
  static let fetchRemedy = "another location of the same repository holds the same file byte for byte"

  let repository: Repository
  let dataToRead: DataToRead
  let progress: @Sendable (CheckProgress) -> Void

  package init(
    _ repository: Repository, reading dataToRead: DataToRead = .none, progress: @escaping @Sendable (CheckProgress) -> Void = { _ in }
  ) {
    self.repository = repository
    self.dataToRead = dataToRead
    self.progress = progress
  }

  /// - Throws: only when the store cannot be listed, or on cancellation.
  package func run() async throws -> CheckReport {
    var report = CheckReport()
    let indexed = try await readIndexes(&report)
    try await checkPacks(indexed, &report)
    let index = RepositoryIndex()
    index.add(indexed.map { IndexedPack(id: $0.key, blobs: $0.value) })
    report.blobs = index.blobCount
    let referenced = try await checkSnapshots(index, &report)
    noteUnreferenced(indexed, referenced, &report)
    try await readPacks(indexed, &report)
    report.findings.sort { ($1.severity, $0.object, $0.message) < ($0.severity, $1.object, $1.message) }
    return report
  }

  // MARK: Index and packs

  /// What all index files together say about each pack. A pack listed twice counts once if both say the same.
  private func readIndexes(_ report: inout CheckReport) async throws -> [ContentID: [PackedBlob]] {
    let names = try await repository.store.names(of: .index).map(\.name)
    var indexed: [ContentID: [PackedBlob]] = [:]
    for (number, name) in names.enumerated() {
      do {
        let json = try await repository.json(of: name)
        for pack in try repository.damaged(name, { () throws(FormatError) in try IndexFile.decode(json) }) {
          let blobs = pack.blobs.sorted { $0.offset < $1.offset }
          if let known = indexed[pack.id], known != blobs {
            report.findings.append(
              CheckFinding(
                .error, ObjectName.pack(pack.id), "two index files disagree about it", remedy: "'restic repair index' (or rebuild-index)"))
          }
          indexed[pack.id] = blobs
        }
      } catch {
        report.findings.append(try finding(name, error, remedy: "'restic repair index' (or rebuild-index) makes it anew from the packs"))
      }
      progress(CheckProgress(step: .indexes, done: number + 1, total: names.count))
    }
    return indexed
  }

  private func checkPacks(_ indexed: [ContentID: [PackedBlob]], _ report: inout CheckReport) async throws {
    var there: [ContentID: Int] = [:]
    for object in try await repository.store.names(of: .pack) { if let id = object.name.id { there[id] = object.byteCount } }
    report.packs = there.count
    for (id, blobs) in indexed {
      let expected = blobs.reduce(PackHeader.byteCount(of: blobs)) { $0 + $1.length }
      switch there.removeValue(forKey: id) {
      case nil: report.findings.append(CheckFinding(.error, ObjectName.pack(id), "is missing", remedy: Self.fetchRemedy))
      case let size? where size != expected:
        report.findings.append(
          CheckFinding(.error, ObjectName.pack(id), "has \(size) bytes; its index says \(expected)", remedy: Self.fetchRemedy))
      default: break
      }
    }
    for (id, size) in there {
      report.findings.append(
        CheckFinding(
          .note, ObjectName.pack(id), "is in no index (\(size) bytes): left by a run that was cut short",
          remedy: "'restic prune' removes it"))
    }
    progress(CheckProgress(step: .packs, done: report.packs, total: report.packs))
  }

  // MARK: Snapshots

  /// - Returns: all blobs the snapshots need.
  private func checkSnapshots(_ index: RepositoryIndex, _ report: inout CheckReport) async throws -> Set<BlobHandle> {
    let list = try await repository.snapshots()
    report.snapshots = list.snapshots.count
    for error in list.damaged { report.findings.append(CheckFinding(.error, "snapshots", error.summary, remedy: Self.fetchRemedy)) }
    var walk = TreeWalk(reader: RepositoryReader(repository, index: index))
    for (number, stored) in list.snapshots.enumerated() {
      walk.start(at: stored.snapshot.tree, of: ObjectName.snapshot(stored.id).description)
      while !walk.isDone { try await walk.step(atOnce: Self.window) }
      progress(CheckProgress(step: .snapshots, done: number + 1, total: list.snapshots.count))
    }
    report.trees = walk.trees
    report.findings += walk.findings
    return walk.referenced
  }

  private func noteUnreferenced(
    _ indexed: [ContentID: [PackedBlob]], _ referenced: Set<BlobHandle>, _ report: inout CheckReport
  ) {
    let unused = indexed.values.count { blobs in blobs.allSatisfy { !referenced.contains($0.handle) } }
    guard unused > 0 else { return }
    report.findings.append(
      CheckFinding(
        .note, "packs", "\(unused) of \(indexed.count) hold nothing any snapshot needs", remedy: "'restic prune' frees their space"))
  }

  /// - Throws: what is not about this object: cancellation.
  func finding(_ object: some CustomStringConvertible, _ error: any Error, remedy: String = fetchRemedy) throws -> CheckFinding {
    if error is CancellationError { throw error }
    return CheckFinding(.error, object, (error as? any Explainable)?.summary ?? "\(error)", remedy: remedy)
  }
}
