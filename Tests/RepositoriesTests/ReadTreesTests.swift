import Primitives
import Repositories
import ResticFormat
import Stores
import Testing

/// Many folders are read together, wherever they lie.
struct ReadTreesTests {
  private static let folders = 300

  private func stored(in store: MemoryStore) async throws -> (repository: Repository, ids: [ContentID]) {
    let repository = try await newRepository(in: store)[0]
    var limits = PackWriter.Limits()
    limits.packSize = 20_000
    let ids = try await PackWriter.run(to: [repository], indexes: [RepositoryIndex()], limits: limits) { writer in
      var ids: [ContentID] = []
      for number in 0..<Self.folders {
        ids.append(try await writer.save(Tree([.file("file \(number)", content: [], size: 0, modified: sampleTime)])).id)
      }
      _ = try await writer.finish()
      return ids
    }
    return (repository, ids)
  }

  @Test func `each comes with its own number, with a read for each pack and not for each folder`() async throws {
    let store = MemoryStore()
    let (repository, ids) = try await stored(in: store)
    let index = try await RepositoryIndex.load(repository)
    let recording = RecordingStore(store)
    let reader = RepositoryReader(repository.with(store: recording), index: index)
    var generator = SystemRandomNumberGenerator()
    // One of them twice: two folders may be alike.
    let asked = reader.inStoredOrder((ids + [ids[7]]).shuffled(using: &generator)) { $0 }

    var names: [Int: String] = [:]
    try await reader.readTrees(asked) { position, tree in names[position] = tree.nodes[0].displayName }

    #expect(names.count == Self.folders + 1)
    for (position, id) in asked.enumerated() { #expect(names[position] == "file \(ids.firstIndex(of: id) ?? -1)") }
    let packs = store.names(of: .pack).count
    #expect(packs > 1 && recording.calls.count <= packs + 2, "\(recording.calls.count) reads of \(packs) packs")
  }

  @Test func `a walk visits every folder at each of its places, parents first`() async throws {
    let store = MemoryStore()
    let repository = try await newRepository(in: store)[0]
    let root = try await PackWriter.run(to: [repository], indexes: [RepositoryIndex()], limits: .small) { writer in
      let leaf = try await writer.save(Tree([.file("x", content: [], size: 0, modified: sampleTime)])).id
      let twice = ["a", "b"].map { TreeNode.folder($0, subtree: leaf, modified: sampleTime) }
      let middle = try await writer.save(Tree(twice)).id
      let root = try await writer.save(Tree(twice + [.folder("c", subtree: middle, modified: sampleTime)])).id
      _ = try await writer.finish()
      return root
    }
    let reader = RepositoryReader(repository, index: try await RepositoryIndex.load(repository))

    let paths = try await reader.walk(root) { path, tree in [path] + tree.nodes.map { "\(path):\($0.displayName)" } }

    #expect(paths.first == ["", ":a", ":b", ":c"])
    #expect(Set(paths.dropFirst()) == [["a", "a:x"], ["b", "b:x"], ["c", "c:a", "c:b"], ["c/a", "c/a:x"], ["c/b", "c/b:x"]])
    #expect(paths.count == 6)
    struct Refusal: Error {}
    await #expect(throws: Refusal.self) { _ = try await reader.walk(root) { path, _ in if path == "c/b" { throw Refusal() } } }
  }

  @Test func `in any order they are the same, and a damaged one is named`() async throws {
    let store = MemoryStore()
    let (repository, ids) = try await stored(in: store)
    let index = try await RepositoryIndex.load(repository)
    let reader = RepositoryReader(repository, index: index)

    var positions: [Int] = []
    try await reader.readTrees(ids.reversed()) { position, tree in
      positions.append(position)
      #expect(tree.nodes[0].displayName == "file \(Self.folders - 1 - position)")
    }
    #expect(positions == Array(0..<Self.folders))

    let place = try #require(index.location(of: BlobHandle(ids[9], .tree)))
    var bytes = try store.bytes(of: .pack(place.pack), in: nil)
    bytes[place.blob.offset + 20] ^= 1
    store.overwrite(.pack(place.pack), with: bytes)
    let error = await #expect(throws: RepositoryError.self) { try await reader.readTrees(ids) { _, _ in } }
    #expect(error?.kind == .damaged && error?.summary.contains("tree blob '\(ids[9].short)'") == true, "\(error?.summary ?? "none")")
    let unknown = await #expect(throws: RepositoryError.self) { try await reader.readTrees([ContentID(hashing: [1])]) { _, _ in } }
    #expect(unknown?.kind == .notFound)
  }

  /// A root with `folders` below it, and a snapshot of it.
  private func storedSnapshot(in store: MemoryStore) async throws -> (repository: Repository, folders: [ContentID]) {
    let repository = try await newRepository(in: store)[0]
    let folders = try await PackWriter.run(to: [repository], indexes: [RepositoryIndex()], limits: .small) { writer in
      var nodes: [TreeNode] = []
      for number in 0..<Self.folders {
        let tree = try await writer.save(Tree([.file("file \(number)", content: [], size: 0, modified: sampleTime)])).id
        nodes.append(.folder("folder \(number)", subtree: tree, modified: sampleTime))
      }
      let root = try await writer.save(Tree(nodes)).id
      _ = try await writer.finish()
      _ = try await writer.save(snapshot(of: root))
      return nodes.compactMap(\.subtree)
    }
    return (repository, folders)
  }

  @Test func `a check reads many folders at once, and names the one that is damaged`() async throws {
    let store = MemoryStore()
    let (repository, folders) = try await storedSnapshot(in: store)
    let recording = RecordingStore(store)

    let sound = try await RepositoryCheck(repository.with(store: recording)).run()

    let reads = recording.calls.count { if case .bytes(let name, _) = $0 { name.kind == .pack } else { false } }
    #expect(sound.isSound && sound.trees == Self.folders + 1)
    #expect(reads < Self.folders / 2, "\(reads) reads of \(store.names(of: .pack).count) packs")

    let place = try #require(try await RepositoryIndex.load(repository).location(of: BlobHandle(folders[9], .tree)))
    var bytes = try store.bytes(of: .pack(place.pack), in: nil)
    bytes[place.blob.offset + 20] ^= 1
    store.overwrite(.pack(place.pack), with: bytes)
    let damaged = try await RepositoryCheck(repository).run()
    #expect(damaged.trees == Self.folders + 1)
    let named = damaged.findings.filter { $0.object.contains("/folder ") }
    #expect(named.count == 1 && named[0].object.hasSuffix("/folder 9/"), "\(damaged.findings)")
  }

  @Test func `a file's pieces come in their order, wherever they lie and however often`() async throws {
    let store = MemoryStore()
    let repository = try await newRepository(in: store)[0]
    let pieces = (0..<50).map { number in [UInt8](repeating: UInt8(number), count: 400 + number) }
    let ids = try await PackWriter.run(to: [repository], indexes: [RepositoryIndex()], limits: .small) { writer in
      var ids: [ContentID] = []
      for piece in pieces { ids.append(try await writer.save(piece, as: .data).id) }
      _ = try await writer.finish()
      return ids
    }
    let reader = RepositoryReader(repository, index: try await RepositoryIndex.load(repository))
    let order = Array((0..<50).reversed()) + [7, 7, 0, 49, 7]

    #expect(try await reader.load(order.map { ids[$0] }) == order.flatMap { pieces[$0] })
    #expect(try await reader.load([]).isEmpty)
    await #expect(throws: RepositoryError.self) { try await reader.load([ContentID(hashing: [1])]) }
  }
}
