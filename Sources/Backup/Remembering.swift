import CouchFormat
import Deployments
import Primitives
import Repositories
import ResticFormat

/// What a run knows of earlier ones, read from the repository itself.
///
/// A lost memory costs time, because everything is read again, and marks the snapshot, because what went back cannot be seen.
struct Memory: Sendable {
  var parent: ContentID?
  /// By path in the snapshot, CouchDB's files only.
  var files: [String: RememberedFile] = [:]
  /// What nothing may fall behind: the records of the newest snapshot that is not marked. A loss that marked a snapshot yesterday marks
  /// today's as well, until somebody accepts it. Without those that are in `files` if that is the same snapshot.
  var yardstick: [String: CouchRecord] = [:]
  /// Whether `files` are of that snapshot.
  private(set) var isYardstick = false
  /// There may be earlier snapshots, and none could be read: what went back cannot be seen.
  var isLost = false
  /// Nobody touched anything since the last snapshot: this is what a freeze finds.
  var untouched: FrozenDeployment?

  static let lost = Memory(isLost: true)

  /// - Parameter path: in the snapshot.
  func yardstick(of path: String) -> CouchRecord? {
    if isYardstick, let file = files[path] { return file.record.couch }
    return yardstick[path]
  }

  /// - Parameter records: of the newest snapshot that is not marked; `nil` if that is the last one.
  mutating func measure(by records: [FileRecord]?, last: [FileRecord]) {
    isYardstick = records == nil
    if isYardstick, files.count == last.count(where: \.isCouchDBs) { return }
    for record in records ?? last where !isYardstick || files[record.path] == nil { yardstick[record.path] = record.couch }
  }
}

/// The snapshot that a run goes on from.
struct LastSnapshot: Sendable {
  let stored: StoredSnapshot
  /// `nil` where somebody took it out, as `restic rewrite` can.
  private(set) var manifest: ManifestText?
  /// The newest up to it that is not marked; itself if all are.
  let sound: StoredSnapshot

  /// Lets go of the text, which is as large as what it becomes.
  fileprivate mutating func takeFiles() throws -> [FileRecord] {
    defer { manifest = nil }
    return try manifest?.decoded().files ?? []
  }
}

/// Reads the memory of a run.
struct Remembering {
  let reader: RepositoryReader
  /// Of the reader's copy, oldest first.
  let snapshots: [StoredSnapshot]
  let now: Timestamp

  /// - Returns: `nil` if there is no snapshot yet.
  func last(ofSnapshotsTagged tags: Set<String>) async throws -> LastSnapshot? {
    let own = snapshots.filter { tags.isSubset(of: $0.snapshot.tags) }
    // A snapshot dated in the future, by a clock that was wrong, would stay the newest for ever.
    guard let parent = own.last(where: { $0.snapshot.time <= now }) ?? own.last else { return nil }
    let sound = own.last { $0.snapshot.time <= parent.snapshot.time && !SuspectSnapshots.isSuspect($0) } ?? parent
    return LastSnapshot(stored: parent, manifest: try await manifest(of: parent), sound: sound)
  }

  func memory(of last: consuming LastSnapshot) async throws -> Memory {
    let newest = try last.takeFiles()
    var memory = Memory(parent: last.stored.id, files: try await files(newest, of: last.stored))
    memory.measure(by: last.sound.id == last.stored.id ? nil : try await manifest(of: last.sound)?.decoded().files ?? [], last: newest)
    return memory
  }

  private func files(_ all: [FileRecord], of snapshot: StoredSnapshot) async throws -> [String: RememberedFile] {
    var records: [String: FileRecord] = [:]
    records.reserveCapacity(all.count)
    for record in all {
      guard let couch = record.couch, (0..<max(0, record.size)).contains(couch.headerOffset) else { continue }
      records[record.path] = record
    }
    let moment = snapshot.snapshot.time
    var remembered: [String: RememberedFile] = [:]
    remembered.reserveCapacity(records.count)
    let found = try await reader.walk(snapshot.snapshot.tree) { [records] path, tree in files(in: path, tree, records, moment) }
    for (name, file) in found.joined() { remembered[name] = file }
    return remembered
  }

  private func files(
    in path: String, _ tree: Tree, _ records: [String: FileRecord], _ moment: Timestamp
  ) -> [(name: String, file: RememberedFile)] {
    tree.nodes.compactMap { node in
      guard node.subtree == nil, let record = records[path.isEmpty ? node.displayName : "\(path)/\(node.displayName)"],
        let blobs = lengths(of: node.content)
      else { return nil }
      return (record.path, RememberedFile(record: record, blobs: blobs, stamp: FileStamp(node, takenAt: moment)))
    }
  }

  private func manifest(of snapshot: StoredSnapshot) async throws -> ManifestText? {
    guard let node = try await reader.node(at: SnapshotLayout.manifest, in: snapshot.snapshot.tree) else { return nil }
    return try ManifestText(await reader.load(node.content))
  }

  /// `nil` if the index does not know one of them.
  private func lengths(of content: [ContentID]) -> [(blob: ContentID, length: Int)]? {
    var blobs: [(blob: ContentID, length: Int)] = []
    for id in content {
      guard let place = reader.index.location(of: BlobHandle(id, .data)) else { return nil }
      blobs.append((id, place.blob.plaintextLength))
    }
    return blobs
  }
}
