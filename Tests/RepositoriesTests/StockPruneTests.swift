import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

/// Our prune and stock restic's, each after the other.
struct StockPruneTests {
  @Test func `after our prune stock restic reads all, and its own prune finds nothing to do`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      let copy = try await newRepository(in: store)[0]
      let history = try await PruneHistory(in: [copy], seed: 31)

      // Stock restic writes anew what is smaller than 16 MiB and not needed in full, however little the waste is.
      var limits = PruneLimits.small
      limits.maxUnused = .percent(0)
      try await prune(copy, removing: Array(history.ids[..<4]), limits)

      let restic = StockRestic(repository: store.address)
      try restic.run("check", "--read-data")
      let said = try restic.run("prune").output
      #expect(try Self.blobs(in: said) == ["to repack": 0, "this removes": 0, "to delete": 0, "total prune": 0], "\(said)")
      try await expectNoErrors(copy, notes: false)
    }
  }

  @Test func `what stock restic wrote is pruned, checked and restored by stock restic`() async throws {
    try await withTemporaryFolder { folder in
      let source = folder.appending("source")
      let restic = StockRestic(repository: folder.appending("repo").string)
      try restic.run("init", "--repository-version", "2")
      var random = SeededRandom(seed: 32)
      try FileManager.default.createDirectory(atPath: source.string, withIntermediateDirectories: true)
      for day in 0..<4 {
        for file in 0..<4 where file >= day {
          try Data(random.bytes(700_000 + file)).write(to: URL(filePath: source.appending("f\(file)").string))
        }
        try restic.run("backup", ".", in: source.string)
      }
      let copy = try await Repository.open(FolderStore(folder.appending("repo")), password: testPassword, surroundings: .here())
      let ids = try await copy.snapshots().snapshots.map(\.id)
      let bytes = try await copy.store.byteCount(of: .pack)

      let (plan, _) = try await prune(copy, removing: Array(ids[..<3]), PruneLimits())

      #expect(plan.bytesFreed > bytes / 3)
      #expect(try await copy.store.byteCount(of: .pack) == bytes - plan.bytesFreed)
      try restic.run("check", "--read-data")
      let target = folder.appending("restored").string
      try restic.run("restore", "latest", "--target", target)
      for file in 0..<4 {
        #expect(FileManager.default.contentsEqual(atPath: source.appending("f\(file)").string, andPath: target + "/f\(file)"))
      }
      let said = try restic.run("prune").output
      #expect(try Self.blobs(in: said)["total prune"] == 0, "\(said)")
    }
  }

  @Test func `a pack of both kinds, as old versions made them, is taken apart`() async throws {
    try await withTemporaryFolder { folder in
      let restic = StockRestic(repository: folder.appending("repo").string)
      try restic.run("init", "--repository-version", "2")
      let source = folder.appending("source").string
      try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
      try Data("content".utf8).write(to: URL(filePath: source + "/file"))
      try restic.run("backup", ".", in: source)
      let copy = try await Repository.open(FolderStore(folder.appending("repo")), password: testPassword, surroundings: .here())
      try await Self.mix(copy)

      let (plan, _) = try await prune(copy, PruneLimits())

      #expect(plan.rewrittenPacks == 1 && plan.bytesFreed < 0)
      #expect(try await copy.store.names(of: .pack).count == 2)
      try restic.run("check", "--read-data")
    }
  }

  /// Puts the blobs of all packs into one.
  private static func mix(_ copy: Repository) async throws {
    let index = try await RepositoryIndex.load(copy)
    let reader = RepositoryReader(copy, index: index)
    let snapshot = try #require(try await copy.snapshots().snapshots.first).snapshot
    let files = try await reader.loadTree(snapshot.tree).nodes.flatMap(\.content).map { BlobHandle($0, .data) }
    var pack = PackBuilder()
    for handle in files + [BlobHandle(snapshot.tree, .tree)] {
      let place = try #require(index.location(of: handle))
      let range = place.blob.offset..<place.blob.offset + place.blob.length
      pack.append(
        try await copy.store.bytes(of: .pack(place.pack), in: range), as: handle, uncompressedLength: place.blob.uncompressedLength)
    }
    let store = copy.store
    let key = try KeyFile.decode(try await store.bytes(of: .key(copy.keyID))).open(password: testPassword)
    let mixed = pack.finish(with: key, random: .system)
    let json = IndexFile.encode([IndexedPack(id: mixed.id, blobs: mixed.blobs)])
    let file = UnpackedFile.seal(json, with: key, compression: Compression(), random: .system)
    let old = try await store.names(of: .pack) + store.names(of: .index)
    try await store.put(mixed.bytes, as: .pack(mixed.id))
    try await store.put(file, as: .index(ContentID(hashing: file)))
    for object in old { try await store.remove(object.name) }
  }

  /// Numbers of blobs in the table that `restic prune` prints: `to repack: 0 blobs / 0 B`.
  private static func blobs(in text: String) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for match in text.matches(of: /(to repack|this removes|to delete|total prune): +(\d+) blobs/) {
      counts[String(match.1)] = Int(match.2)
    }
    try #require(counts.count == 4, "restic prune says something else: \(text)")
    return counts
  }
}
