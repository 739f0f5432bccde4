import Primitives
import ResticFormat
package import Stores

/// Looks at everything in one copy and lists what is wrong; never stops at the first.
///
/// Beyond what stock `restic check` does, a file's size is compared with the blobs it names. Hold a shared lock meanwhile.
package struct RepositoryCheck: Sendable {

  let repository: Repository
  private let siblings: [any BlobStore]
  let dataToRead: DataToRead
  let progress: @Sendable (CheckProgress) -> Void

  /// - Parameter siblings: other copies of the same repository: what they hold and this one lacks is listed.
  package init(
    _ repository: Repository, siblings: [any BlobStore] = [], reading dataToRead: DataToRead = .none,
    progress: @escaping @Sendable (CheckProgress) -> Void = { _ in }
  ) {
    self.repository = repository
    self.siblings = siblings
    self.dataToRead = dataToRead
    self.progress = progress
  }

  /// - Throws: only when the store cannot be listed, or on cancellation.
  package func run() async throws -> CheckReport {
    var report = CheckReport()
    try await checkConfigAndKeys(&report)
    let indexed = try await readIndexes(&report)
    try await checkPacks(indexed, &report)
    let index = RepositoryIndex()
    index.add(indexed.map { IndexedPack(id: $0.key, blobs: $0.value) })
    report.blobs = index.blobCount
    let referenced = try await checkSnapshots(index, &report)
    noteUnreferenced(indexed, referenced, &report)
    try await readPacks(indexed, &report)
    report.findings.sortForReading()
    return report
  }

  // MARK: Config, keys, index and packs

  private func checkConfigAndKeys(_ report: inout CheckReport) async throws {
    do {
      guard try await repository.storedConfig() == repository.config else {
        throw RepositoryError(.differentRepositories, "is that of another repository")
      }
    } catch {
      report.findings.append(try finding(ObjectName.config, error))
    }
    let keys = try await repository.store.names(of: .key)
    report.findings += try await KeylessCheck(repository.store).damage(of: keys).map(\.finding)
    report.findings += try await SiblingComparison(store: repository.store, siblings: siblings).findings(.key, remedy: Remedy.absent(.key))
  }

  private func readIndexes(_ report: inout CheckReport) async throws -> [ContentID: [PackedBlob]] {
    var files = IndexFiles()
    try await files.read(repository) { progress(CheckProgress(step: .indexes, done: $0, total: $1)) }
    for damaged in files.damaged {
      report.findings.append(try finding(damaged.name, damaged.error, remedy: Remedy.index))
      // What it said of the packs is known all the same.
      for sibling in siblings {
        guard let packs = try? await repository.with(store: sibling).indexedPacks(in: damaged.name) else { continue }
        files.add(packs, of: damaged.name)
        break
      }
    }
    let merged = files.merged
    for pack in merged.disputed {
      report.findings.append(
        CheckFinding(.error, ObjectName.pack(pack), "two index files disagree about it", remedy: Remedy.disagreement))
    }
    return merged.packs
  }

  private func checkPacks(_ indexed: [ContentID: [PackedBlob]], _ report: inout CheckReport) async throws {
    var there: [ContentID: Int] = [:]
    for object in try await repository.store.names(of: .pack) { if let id = object.name.id { there[id] = object.byteCount } }
    report.packs = there.count
    for (id, blobs) in indexed {
      let expected = blobs.packByteCount
      switch there.removeValue(forKey: id) {
      case nil: report.findings.append(CheckFinding(.error, ObjectName.pack(id), "is missing", remedy: Remedy.fetch))
      case let size? where size != expected:
        report.findings.append(
          CheckFinding(.error, ObjectName.pack(id), "has \(size) bytes; its index says \(expected)", byteCount: size, remedy: Remedy.fetch))
      default: break
      }
    }
    // Their index may be missing: that a sibling has another one says so. Without them it only says that one of the two was pruned.
    if !there.isEmpty {
      let comparison = SiblingComparison(store: repository.store, siblings: siblings)
      report.findings += try await comparison.findings(.index, remedy: Remedy.index)
    }
    for (id, size) in there {
      report.findings.append(
        CheckFinding(
          .note, ObjectName.pack(id), "is in no index (\(size) bytes): left by a run that was cut short", byteCount: size,
          remedy: "'akiba prune' removes it"))
    }
    progress(CheckProgress(step: .packs, done: report.packs, total: report.packs))
  }

  // MARK: Snapshots

  /// - Returns: all blobs the snapshots need.
  private func checkSnapshots(_ index: RepositoryIndex, _ report: inout CheckReport) async throws -> Set<BlobHandle> {
    let list = try await repository.snapshots(toleratingUnreadable: true)
    report.snapshots = list.snapshots.count
    for damaged in list.damaged { report.findings.append(try finding(damaged.name, damaged.error)) }
    report.findings += try await SiblingComparison(store: repository.store, siblings: siblings).findings(
      .snapshot, remedy: Remedy.absent(.snapshot))
    var walk = TreeWalk(reader: RepositoryReader(repository, index: index))
    for (number, stored) in list.snapshots.enumerated() {
      walk.start(at: stored.snapshot.tree, of: ObjectName.snapshot(stored.id).description)
      while !walk.isDone { try await walk.step() }
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
        .note, "packs", "\(unused) of \(indexed.count) hold nothing any snapshot needs", remedy: "'akiba prune' frees their space"))
  }

  /// - Throws: what is not about this object: cancellation.
  func finding(_ object: some CustomStringConvertible, _ error: any Error, remedy: String = Remedy.fetch) throws -> CheckFinding {
    if error is CancellationError { throw error }
    return CheckFinding(.error, object, (error as? any Explainable)?.summary ?? "\(error)", remedy: remedy)
  }
}
