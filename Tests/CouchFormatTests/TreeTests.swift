import CouchFormat
import Crypto
import Primitives
import Testing

/// Trees made by hand with one thing wrong in each: the proof names it.
struct TreeTests {
  private func leaf(_ names: [String]) -> [UInt8] {
    node("kv_node", names.map { T.tuple(T.binary("_local/\($0)"), T.tuple(T.int(1), T.tuple(T.list()))) })
  }

  private func node(_ kind: String, _ entries: [[UInt8]]) -> [UInt8] {
    [131] + T.tuple(T.atom(kind), [108] + T.be4(entries.count) + entries.joined() + [106])
  }

  private func child(_ key: String, _ pointer: Int, size: Int, reduction: [UInt8] = T.list()) -> [UInt8] {
    T.tuple(T.binary("_local/\(key)"), T.tuple(T.int(pointer), reduction, T.int(size)))
  }

  /// A database whose tree of local documents is what `make` builds.
  private func proof(_ make: (inout FileBuilder) -> (root: Int, size: Int)) throws -> FileProof {
    var file = FileBuilder()
    file.append([7])
    let (root, size) = make(&file)
    let local = T.tuple(T.int(root), T.list(), T.int(size))
    let fields = [T.atom("db_header"), T.int(8), T.int(1), T.int(0), T.none, T.none, local, T.none, T.none, T.none, T.int(9)]
    let term = [131, 104, 11] + fields.joined()
    file.header(term, checksum: Array(Insecure.MD5.hash(data: term)))
    let source = MemoryBytes(file.bytes)
    return try DatabaseProof.run(source, try #require(try HeaderSearch.newest(in: source)), range: nil)
  }

  private func size(_ payload: [UInt8]) -> Int { payload.count + 4 }

  @Test
  func `a sound tree of two levels has nothing wrong`() throws {
    let proof = try proof { file in
      let (one, two) = (leaf(["a", "b"]), leaf(["c"]))
      let (first, second) = (file.chunk(one), file.chunk(two))
      let top = node("kp_node", [child("b", first, size: size(one)), child("c", second, size: size(two))])
      return (file.chunk(top), size(one) + size(two) + size(top))
    }
    #expect(proof.findings == [] && proof.counts.localDocuments == 3 && proof.counts.nodes == 3)
  }

  @Test
  func `a root whose size is not that of its nodes`() throws {
    let proof = try proof { file in (file.chunk(leaf(["a"])), size(leaf(["a"])) + 1) }
    #expect(proof.findings.map(\.kind) == [.subtreeSize] && !proof.isClean)
  }

  @Test
  func `a reduction where there is none`() throws {
    let proof = try proof { file in
      let one = leaf(["a"])
      let top = node("kp_node", [child("a", file.chunk(one), size: size(one), reduction: T.list(T.int(300)))])
      return (file.chunk(top), size(one) + size(top))
    }
    #expect(proof.findings.map(\.kind) == [.reduction])
  }

  @Test(arguments: [["b", "a"], ["a", "a"], ["a", "c", "b"]])
  func `keys that do not ascend`(_ names: [String]) throws {
    let proof = try proof { file in (file.chunk(leaf(names)), size(leaf(names))) }
    #expect(proof.findings.map(\.kind) == [.keyOrder])
  }

  @Test
  func `a parent that names another last key`() throws {
    let proof = try proof { file in
      let one = leaf(["a"])
      let top = node("kp_node", [child("b", file.chunk(one), size: size(one))])
      return (file.chunk(top), size(one) + size(top))
    }
    #expect(proof.findings.map(\.kind) == [.keyOrder])
  }

  @Test(arguments: [0, 3, 100_000])
  func `a child at or after its parent is not followed`(_ distance: Int) throws {
    let proof = try proof { file in
      let top = node("kp_node", [child("a", file.bytes.count + distance, size: 9)])
      return (file.chunk(top), size(top))
    }
    #expect(proof.findings.map(\.kind) == [.childAfterParent])
  }

  @Test
  func `a child reached again and again does not make the walk long`() throws {
    let proof = try proof { file in
      var payload = leaf(["a"])
      var pointer = file.chunk(payload)
      for _ in 0..<40 {
        payload = node("kp_node", (0..<20).map { _ in child("a", pointer, size: 9) })
        pointer = file.chunk(payload)
      }
      return (pointer, 9)
    }
    #expect(proof.findings.contains { $0.kind == .treeTooLarge || $0.kind == .keyOrder } && proof.counts.nodes < 5000)
  }

  @Test
  func `bytes after a node's last entry`() throws {
    let proof = try proof { file in (file.chunk(leaf(["a"]) + [106]), size(leaf(["a"])) + 1) }
    #expect(proof.findings.map(\.kind) == [.nodeUndecodable])
  }

  @Test
  func `one bad node does not hide the others`() throws {
    let proof = try proof { file in
      let (one, two) = (leaf(["a"]), leaf(["c"]))
      let bad = file.chunk([131, 104, 1, 106])
      let (first, second) = (file.chunk(one), file.chunk(two))
      let top = node(
        "kp_node", [child("a", first, size: size(one)), child("b", bad, size: 8), child("c", second, size: size(two))])
      return (file.chunk(top), size(one) + size(two) + size(top) + 8)
    }
    #expect(proof.findings.map(\.kind) == [.nodeUndecodable] && proof.counts.localDocuments == 2)
  }

  @Test
  func `a body stored as very old files do is read`() throws {
    var file = FileBuilder()
    let payload = [131] + T.tuple(T.tuple(T.list(T.tuple(T.binary("a"), T.int(1)))), T.list())
    let pointer = file.append([0x80, 0, 0, UInt8(payload.count)] + Array(Insecure.MD5.hash(data: payload)) + payload)

    let summary = try Summary(try Chunks(MemoryBytes(file.bytes)).chunk(at: pointer))
    var writer = JSONWriter(.couch)
    try writer.term(summary.body)
    #expect(String(decoding: writer.output, as: UTF8.self) == #"{"a":1}"# && summary.attachments.isEmpty && summary.checksum == .md5)
  }
}
