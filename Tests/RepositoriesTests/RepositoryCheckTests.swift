import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

struct RepositoryCheckTests {
  @Test func `a sound repository has no findings, and everything is counted`() async throws {
    let (store, repository) = try await Self.sample()

    let report = try await RepositoryCheck(repository, reading: .all).run()

    #expect(report.findings.isEmpty, "\(report.findings)")
    #expect(report.snapshots == 1)
    #expect(report.trees == 2)
    #expect(report.packs == store.names(of: .pack).count && report.packsRead == report.packs)
    #expect(report.bytesRead == store.names(of: .pack).reduce(0) { $0 + $1.byteCount })
  }

  @Test func `all parts of a subset together read every pack once`() async throws {
    let (_, repository) = try await Self.sample()
    var read = 0
    for part in 1...3 { read += try await RepositoryCheck(repository, reading: .subset(part: part, of: 3)).run().packsRead }

    #expect(read == (try await RepositoryCheck(repository).run().packs))
  }

  /// Every 11th byte and the boundaries: all bytes take too long in a debug build.
  @Test func `whatever byte of a pack, index or snapshot is flipped, the check names that object`() async throws {
    let (store, repository) = try await Self.sample()
    for (name, bytes) in store.contents where [.pack, .index, .snapshot].contains(name.kind) {
      let boundaries = [0, 15, 16, bytes.count - 17, bytes.count - 16, bytes.count - 5, bytes.count - 4, bytes.count - 1]
      for index in Set(boundaries + stride(from: 0, to: bytes.count, by: max(1, bytes.count / 6))) {
        var damaged = bytes
        damaged[index] ^= 1 << (index % 8)
        store.overwrite(name, with: damaged)
        let report = try await RepositoryCheck(repository, reading: .all).run()
        #expect(!report.isSound)
        #expect(
          report.findings.contains { $0.object == name.description || $0.message.hasPrefix(name.description) },
          "\(name) byte \(index): \(report.findings)")
      }
      store.overwrite(name, with: Array(bytes.dropLast()))
      #expect(try await !RepositoryCheck(repository).run().isSound, "\(name) one byte short")
      store.overwrite(name, with: bytes)
    }
  }

  @Test func `a missing pack, index or tree is found without reading data`() async throws {
    let (store, repository) = try await Self.sample()
    for (name, bytes) in store.contents where name.kind == .pack || name.kind == .index {
      try store.remove(name)
      let report = try await RepositoryCheck(repository).run()
      #expect(!report.isSound, "\(name)")
      #expect(report.findings.allSatisfy { $0.severity == .note || $0.remedy != nil })
      store.overwrite(name, with: bytes)
    }
  }

  @Test func `a file whose size is not that of its blobs is found, though stock restic does not look`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      let repository = try await newRepository(in: store)[0]
      try await PackWriter.run(to: [repository], indexes: try await RepositoryIndex.load([repository])) { writer in
        let blob = try await writer.save([1, 2, 3], as: .data)
        let tree = try await writer.save(Tree([.file("short", content: [blob.id], size: 4, modified: sampleTime)]))
        _ = try await writer.finish()
        _ = try await writer.save(Snapshot(time: sampleTime, tree: tree.id, paths: ["/"], hostname: "h", username: "u"))
      }

      let report = try await RepositoryCheck(repository).run()

      try StockRestic(repository: store.address).run("check", "--read-data")
      #expect(report.findings.map(\.message) == ["is 4 bytes long, but its blobs hold 3"])
      #expect(report.findings.first?.object.hasSuffix("/short") == true)
    }
  }

  @Test func `a pack in no index is a note, not an error`() async throws {
    let (store, repository) = try await Self.sample()
    store.overwrite(.pack(ContentID(hashing: [1])), with: [1])

    let report = try await RepositoryCheck(repository).run()

    #expect(report.isSound)
    #expect(report.findings.map(\.severity) == [.note])
  }

  @Test func `damaged snapshots are told, the others are listed`() async throws {
    let (store, repository) = try await Self.sample()
    try await writeSnapshot(of: [SampleFile("x", [1])], to: [repository], time: sampleTime.advanced(by: .seconds(1)))
    let first = try #require(try await repository.snapshots().snapshots.first)
    store.overwrite(.snapshot(first.id), with: [1, 2, 3])

    let list = try await repository.snapshots()

    #expect(list.snapshots.count == 1)
    #expect(list.damaged.count == 1)
    #expect(list.damaged.first?.error.summary.contains("snapshot '\(first.id.short)' in store 'memory'") == true)
  }

  @Test func `reading a damaged blob names it, its pack and the store`() async throws {
    let (store, repository) = try await Self.sample()
    let index = try await RepositoryIndex.load(repository)
    let snapshot = try #require(try await repository.snapshots().snapshots.first)
    let place = try #require(index.location(of: BlobHandle(snapshot.snapshot.tree, .tree)))
    var bytes = try store.bytes(of: .pack(place.pack), in: nil)
    bytes[place.blob.offset + 20] ^= 1
    store.overwrite(.pack(place.pack), with: bytes)

    let error = await #expect(throws: RepositoryError.self) {
      _ = try await RepositoryReader(repository, index: index).loadTree(snapshot.snapshot.tree)
    }

    #expect(error?.kind == .damaged)
    #expect(
      error?.summary
        == "tree blob '\(snapshot.snapshot.tree.short)' of pack '\(place.pack.short)' in store 'memory': authentication fails: damaged, or sealed with another key"
    )
    let missing = await #expect(throws: RepositoryError.self) {
      _ = try await RepositoryReader(repository, index: index).loadBlob(BlobHandle(snapshot.snapshot.tree, .data))
    }
    #expect(missing?.kind == .notFound)
  }

  @Test func `neighbouring blobs are read together`() async throws {
    let recording = RecordingStore(MemoryStore())
    let repository = try await newRepository(in: recording)[0]
    var random = SeededRandom(seed: 1)
    let blobs = (0..<20).map { _ in random.bytes(1000) }
    let content = blobs.map { ContentID(hashing: $0) }
    try await PackWriter.run(to: [repository], indexes: try await RepositoryIndex.load([repository])) { writer in
      for blob in blobs { _ = try await writer.save(blob, as: .data) }
      _ = try await writer.finish()
    }
    let reader = RepositoryReader(repository, index: try await RepositoryIndex.load(repository))
    recording.forgetCalls()

    var seen: [Int] = []
    try await reader.read(content + [content[3]]) { position, plaintext in
      seen.append(position)
      #expect(ContentID(hashing: plaintext) == (content + [content[3]])[position])
    }

    #expect(seen == Array(0...20))
    #expect(recording.calls.count == 2)
  }

  private static func sample() async throws -> (MemoryStore, Repository) {
    let store = MemoryStore()
    let repository = try await newRepository(in: store)[0]
    var random = SeededRandom(seed: 1)
    try await writeSnapshot(
      of: (0..<4).map { SampleFile("f\($0)", random.bytes(600), [UInt8](repeating: UInt8($0), count: 500)) }, to: [repository])
    return (store, repository)
  }
}
