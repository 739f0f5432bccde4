import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import TestSupport

/// As little work as scrypt accepts: tests open hundreds of repositories.
let quickScrypt = ScryptParameters(n: 16, r: 1, p: 1)
let testPassword = StockRestic.password

extension Surroundings {
  /// This machine, with short waits left out.
  static func here(random: RandomSource = .system, processID: Int = Int(getpid())) -> Surroundings {
    Surroundings(
      hostname: ProcessInfo.processInfo.hostName, username: "tester", processID: processID, random: random,
      now: {
        let now = Date().timeIntervalSince1970
        return Timestamp(seconds: Int(now), nanoseconds: Int((now - now.rounded(.down)) * 1e9))
      },
      sleep: { if $0 > .seconds(1) { try await Task.sleep(for: $0) } else { try await Task.sleep(for: .milliseconds(1)) } },
      isRunning: { kill(pid_t($0), 0) == 0 || errno == EPERM })
  }
}

extension RandomSource {
  /// The same keys, ids and names of packs in each run, where nothing else is left to chance.
  static func seeded(_ seed: UInt64) -> Self {
    let random = SharedRandom(seed: seed)
    return Self(random.bytes)
  }
}

private final class SharedRandom: Sendable {
  private let random: Mutex<SeededRandom>

  init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }

  @Sendable func bytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

/// A repository in memory or in any stores given.
func newRepository(in stores: any BlobStore..., surroundings: Surroundings = .here()) async throws -> [Repository] {
  try await Repository.create(in: stores, password: testPassword, surroundings: surroundings, parameters: quickScrypt)
}

extension PackWriter.Limits {
  /// Small packs, so that a few blobs make several.
  static var small: Self {
    var limits = Self()
    limits.packSize = 3000
    return limits
  }
}

/// A file to write: a name and its blobs.
struct SampleFile {
  let name: [UInt8]
  let blobs: [[UInt8]]

  var bytes: [UInt8] { blobs.flatMap { $0 } }

  init(_ name: String, _ blobs: [UInt8]...) {
    self.name = Array(name.utf8)
    self.blobs = blobs
  }

  init(rawName: [UInt8], _ blobs: [UInt8]...) {
    name = rawName
    self.blobs = blobs
  }
}

let sampleTime = Timestamp(seconds: 1_772_000_000, nanoseconds: 123_456_789, offsetSeconds: 3 * 3600)

/// Writes a snapshot of one folder `files` with these files into all copies.
@discardableResult
func writeSnapshot(
  of files: [SampleFile], to copies: [Repository], time: Timestamp = sampleTime, limits: PackWriter.Limits = .small
) async throws -> (id: ContentID, summary: PackWriter.Summary) {
  let indexes = try await RepositoryIndex.load(copies)
  return try await PackWriter.run(to: copies, indexes: indexes, limits: limits) { writer in
    let root = try await save(files, with: writer)
    _ = try await writer.finish()
    let id = try await writer.save(snapshot(of: root, time: time))
    return (id, try await writer.complete())
  }
}

/// Saves a folder `files` with these files.
///
/// - Returns: the root.
func save(_ files: [SampleFile], with writer: PackWriter) async throws -> ContentID {
  var nodes: [TreeNode] = []
  for file in files {
    var content: [ContentID] = []
    for blob in file.blobs { content.append(try await writer.save(blob, as: .data).id) }
    var node = TreeNode(name: file.name, kind: .file, mode: FileMode(unix: 0o640), modified: sampleTime)
    node.content = content
    node.size = UInt64(file.bytes.count)
    nodes.append(node)
  }
  let folder = try await writer.save(Tree(nodes))
  return try await writer.save(Tree([.folder("files", subtree: folder.id, modified: sampleTime)])).id
}

func snapshot(of root: ContentID, time: Timestamp = sampleTime) -> Snapshot {
  Snapshot(
    time: time, tree: root, paths: ["/files"], hostname: "test-host", username: "tester", tags: ["a tag"],
    programVersion: "akiba test")
}

/// All files of a snapshot made by `writeSnapshot`, read back.
func readFiles(_ snapshot: Snapshot, from repository: Repository) async throws -> [[UInt8]: [UInt8]] {
  let reader = RepositoryReader(repository, index: try await RepositoryIndex.load(repository))
  guard let subtree = try await reader.node(at: "files", in: snapshot.tree)?.subtree else { return [:] }
  var files: [[UInt8]: [UInt8]] = [:]
  for node in try await reader.loadTree(subtree).nodes {
    var bytes: [UInt8] = []
    try await reader.read(node.content) { _, plaintext in bytes += plaintext }
    files[node.name] = bytes
  }
  return files
}
