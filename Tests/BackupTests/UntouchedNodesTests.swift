import Backup
import Deployments
import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A data folder that nobody touched is taken over whole from the last snapshot; one that differs in anything is looked at.
struct UntouchedNodesTests {
  private let data: CopiedDataFolder
  private let store = MemoryStore()

  init() throws { data = try CopiedDataFolder() }

  private func couchFiles(_ report: BackupReport) -> [FileRecord] { report.manifest.files.filter { $0.couch != nil } }

  /// A file that the backup wrote about itself, as it is stored.
  private func stored(_ path: String, _ report: BackupReport, in copy: Repository) async throws -> [UInt8] {
    let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
    let snapshot = try #require(try await copy.snapshots().snapshots.first { $0.id == report.snapshot })
    let node = try #require(try await reader.node(at: path, in: snapshot.snapshot.tree))
    var bytes: [UInt8] = []
    try await reader.read(node.content) { _, piece in bytes += piece }
    return bytes
  }

  /// The tree of the data folder.
  private func tree(_ report: BackupReport, in copy: Repository) async throws -> ContentID? {
    let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
    let snapshot = try #require(try await copy.snapshots().snapshots.first { $0.id == report.snapshot })
    return try await reader.node(at: "couchdb/\(report.manifest.nodes[0].name)/data", in: snapshot.snapshot.tree)?.subtree
  }

  @Test func `it is taken over, and the snapshot is as whole as one that was looked at`() async throws {
    let copy = try await data.newCopies(in: store)
    let first = try await data.backup(to: copy, later: 60)

    let second = try await data.backup(to: copy, later: 120)

    #expect(second.filesOpened == 0 && second.bytesRead == 0 && second.filesReused == first.filesNew)
    #expect(second.manifest.totals == first.manifest.totals && second.manifest.databases == first.manifest.databases)
    #expect(couchFiles(second).isEmpty, "none is decoded")
    #expect(first.manifest.totals.views > 0)
    #expect(second.manifest.leftOut == first.manifest.leftOut && second.manifest.nodes == first.manifest.nodes)
    #expect(second.manifest.facts.frozen != first.manifest.facts.frozen)
    #expect(try await tree(second, in: copy[0]) == tree(first, in: copy[0]))
    let manifest = try Manifest(text: await stored(SnapshotLayout.manifest, second, in: copy[0]))
    #expect(manifest.files == first.manifest.files && manifest.nodes == first.manifest.nodes)
    let sums = try await stored(SnapshotLayout.checksums, second, in: copy[0])
    let text = Checksums.text(of: manifest.files)
    #expect(sums.starts(with: text) && String(decoding: sums, as: UTF8.self).split(separator: "\n").count == manifest.files.count + 2)
    #expect(try await RepositoryCheck(copy[0], reading: .all).run().isSound)

    let third = try await data.backup(to: copy, later: 180)
    #expect(third.filesOpened == 0)
  }

  @Test(arguments: ["write", "version", "indexes", "new shard file"])
  func `it is looked at when something differs`(_ difference: String) async throws {
    let copy = try await data.newCopies(in: store)
    let first = try await data.backup(to: copy, later: 60)
    let shard = try #require(couchFiles(first).first { $0.path.contains("/medic.") && $0.couch?.kind == .database })
    var choice = IndexChoice.keep
    var version = "test"
    switch difference {
    case "write": try data.append(to: shard)
    case "version": version = "next"
    case "indexes": choice = .leaveOut
    default:
      let path = data.path(of: shard)
      try FileManager.default.copyItem(atPath: path, toPath: path.replacing("/medic.", with: "/copied."))
    }

    let second = try await data.backup(to: copy, later: 120, indexes: choice, version: version)

    #expect(second.filesOpened > 0, "\(difference)")
    #expect(second.manifest.findings.contains { $0.kind == "shard-orphan" } == (difference == "new shard file"))
  }

  /// A clock that was turned back says nothing of how long ago it was.
  @Test(arguments: [-3600, 600])
  func `a folder that was listed long ago is listed anew before it is frozen`(_ wait: Int) async throws {
    let copy = try await data.newCopies(in: store)
    let first = try await data.backup(to: copy, later: 7200)
    let shard = try #require(couchFiles(first).first { $0.path.contains("/medic.") && $0.couch?.kind == .database })
    let found = try await data.found(later: 7200)
    let path = data.path(of: shard)
    try FileManager.default.copyItem(atPath: path, toPath: path.replacing("/medic.", with: "/copied."))

    let second = try await data.backup(to: copy, later: 7200 + wait, found: found)

    #expect(second.manifest.findings.contains { $0.kind == "shard-orphan" } == (wait > 0))
  }

  @Test func `a snapshot with findings about the data is not taken over, so that one sees them go`() async throws {
    let copy = try await data.newCopies(in: store)
    try Data("not CouchDB's".utf8).write(to: data.url.appending(path: "notes.txt"))
    let first = try await data.backup(to: copy, later: 60)
    #expect(first.manifest.findings.contains { $0.kind == "foreign-file" })

    let second = try await data.backup(to: copy, later: 120)

    #expect(second.filesOpened > 0)
    #expect(second.manifest.findings.contains { $0.kind == "foreign-file" })
  }

  @Test func `what was changed within a tick of the clock before is looked at`() async throws {
    let copy = try await data.newCopies(in: store)
    // However long this test waited for its turn.
    let first = try await data.backup(to: copy, later: -86_400)
    #expect(first.manifest.nodes[0].state == nil)

    let second = try await data.backup(to: copy, later: 120)

    #expect(second.filesOpened > 0)
  }

  @Test func `where one location lost what the snapshot needs, it is read and stored again`() async throws {
    let other = MemoryStore()
    let copies = try await data.newCopies(in: store, other)
    _ = try await data.backup(to: copies, later: 60)
    let index = try await RepositoryIndex.load(copies[1])
    let lost = try #require(index.packIDs.max { other.contents[.pack($0)]?.count ?? 0 < other.contents[.pack($1)]?.count ?? 0 })
    try other.remove(.pack(lost))

    let second = try await data.backup(to: copies, later: 120)

    #expect(second.filesOpened > 0)
    #expect(second.stored.newBytes > 500_000, "\(second.stored)")
  }

  @Test func `a run lists the index once and reads each snapshot once`() async throws {
    let copy = try await data.newCopies(in: store)
    for day in 1...3 { _ = try await data.backup(to: copy, later: 60 * day) }
    let recording = RecordingStore(store)

    _ = try await data.backup(to: [copy[0].with(store: recording)], later: 240)

    let calls = recording.calls
    #expect(calls.count { $0 == .names(.index) } == 1)
    #expect(calls.count { if case .bytes(let name, _) = $0 { name.kind == .snapshot } else { false } } == 3)
  }

  @Test func `CouchDB's files are held open no longer than their copying`() async throws {
    let watched = WatchedStore(store, folder: data.url.path)
    let copy = try await data.newCopies(in: watched)

    _ = try await data.backup(to: copy, later: 60)

    #expect(watched.openAtIndex.first == 0, "\(watched.openAtIndex)")
  }
}

/// Notes, whenever an index is put, how many files below a folder this process holds open.
private final class WatchedStore: BlobStore {
  private let store: MemoryStore
  private let folder: String
  private let counts = Mutex<[Int]>([])

  init(_ store: MemoryStore, folder: String) {
    self.store = store
    self.folder = folder
  }

  var address: String { store.address }
  var openAtIndex: [Int] { counts.withLock { $0 } }

  func createLayout() { store.createLayout() }

  func put(_ bytes: [UInt8], as name: ObjectName) throws {
    if name.kind == .index { counts.withLock { $0.append(OpenDescriptors.count(below: folder)) } }
    try store.put(bytes, as: name)
  }

  func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] { try store.bytes(of: name, in: range) }
  func size(of name: ObjectName) throws -> Int { try store.size(of: name) }
  func names(of kind: ObjectName.Kind) -> [StoredObject] { store.names(of: kind) }
  func remove(_ name: ObjectName) throws { try store.remove(name) }
  func traits(trying bytes: [UInt8]) async throws -> StoreTraits { try await store.traits(trying: bytes) }
}
