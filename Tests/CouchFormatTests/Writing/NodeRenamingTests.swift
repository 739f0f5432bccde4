import CouchFormat
import Primitives
import Testing

/// The shard map and the cluster's members under another node name.
struct NodeRenamingTests {
  private static func renaming(_ old: String = "couchdb@127.0.0.1", _ new: String = "couchdb@new.local") throws -> NodeRenaming {
    NodeRenaming(from: try #require(NodeName(old)), to: try #require(NodeName(new)))
  }

  private static func header(_ source: MemoryBytes) throws -> FoundHeader { try #require(try HeaderSearch.newest(in: source)) }

  private static func json(_ body: [UInt8]) throws -> String {
    var writer = JSONWriter(.couch)
    try writer.term(EncodedTerm(body, body.indices))
    return String(decoding: writer.output, as: UTF8.self)
  }

  @Test(arguments: Subjects.all)
  func `a real map says the same of the new node as it said of the old`(_ corpus: Corpus) throws {
    let source = try #require(try corpus.files()["_dbs.couch"])
    let old = try ShardMap(source, try Self.header(source))
    let name = try #require(old.live.flatMap(\.byNode.keys).min())

    let result = try #require(try Self.renaming(name).shardMap(source, try Self.header(source)))

    let file = MemoryBytes(result.bytes)
    let found = try Self.header(file)
    #expect(try DatabaseProof.run(file, found, range: nil).findingCount == 0)
    let new = try ShardMap(file, found)
    #expect(result.documents == old.live.count { $0.byNode[name] != nil } && new.entries.count == old.entries.count)
    for (before, after) in zip(old.entries, new.entries) {
      #expect(before.database == after.database && before.suffix == after.suffix && before.isDeleted == after.isDeleted)
      #expect(before.isPartitioned == after.isPartitioned && after.isConsistent)
      let isRenamed = !before.isDeleted && before.byNode[name] != nil
      var byNode = before.byNode
      if isRenamed { byNode["couchdb@new.local"] = byNode.removeValue(forKey: name) }
      #expect(after.byNode == byNode)
      #expect(after.byRange == before.byRange.mapValues { $0.map { isRenamed && $0 == name ? "couchdb@new.local" : $0 } })
    }
    #expect(try Self.renaming(name).shardMap(file, found) == nil)
    try expectEdits(source, file, result.documents)
  }

  /// Each edited document has one revision more, on top of those it had, and a sequence after all others.
  private func expectEdits(_ source: MemoryBytes, _ file: MemoryBytes, _ count: Int) throws {
    let old = try DatabaseFile(source, try Self.header(source))
    let new = try DatabaseFile(file, try Self.header(file))
    #expect(new.header.updateSeq == old.header.updateSeq + count && new.header.uuid == old.header.uuid)
    var edited = 0
    try old.forEachDocument(old.chunks()) { before in
      let after = try #require(try new.document(before.id, new.chunks()))
      let winner = try #require(before.tree.winner)
      let newWinner = try #require(after.tree.winner)
      if after.updateSeq == before.updateSeq {
        #expect(after.tree.path(of: newWinner) == before.tree.path(of: winner))
      } else {
        edited += 1
        #expect(after.updateSeq > old.header.updateSeq && newWinner.depth == winner.depth + 1)
        #expect(Array(after.tree.path(of: newWinner).dropFirst()) == before.tree.path(of: winner))
      }
      return true
    }
    #expect(edited == count)
  }

  /// A map of two nodes and two ranges, with a member nobody knows.
  private static func map(_ nodes: [String] = ["a@h", "b@h"]) -> [UInt8] {
    let ranges = ["00000000-7fffffff", "80000000-ffffffff"].map(TermBytes.binary)
    let add = TermBytes.list([TermBytes.binary("add"), ranges[0], TermBytes.binary("a@h")])
    return TermBytes.object([
      ("shard_suffix", TermBytes.list([46, 49, 55].map(TermBytes.integer))),
      ("changelog", TermBytes.list([add])),
      ("by_node", TermBytes.object(nodes.enumerated().map { ($1, TermBytes.list($0 == 0 ? ranges : [ranges[1]])) })),
      (
        "by_range",
        TermBytes.tuple([
          TermBytes.list([
            TermBytes.tuple([ranges[0], TermBytes.list([TermBytes.binary(nodes[0])])]),
            TermBytes.tuple([ranges[1], TermBytes.list(nodes.reversed().map(TermBytes.binary))]),
          ])
        ])
      ),
      ("props", TermBytes.tuple([TermBytes.list([TermBytes.tuple([TermBytes.atom("partitioned"), TermBytes.atom("true")])])])),
      ("later", TermBytes.list([TermBytes.float(0.5), TermBytes.integer(1 << 40)])),
    ])
  }

  @Test
  func `only the named node changes, and all that is unknown stays`() throws {
    let body = Self.map()

    let renamed = try #require(try Self.renaming("a@h", "c@h").mapBody(EncodedTerm(body, body.indices)))

    #expect(
      try Self.json(renamed)
        == #"{"shard_suffix":[46,49,55],"changelog":[["add","00000000-7fffffff","a@h"],["add","00000000-7fffffff","c@h"],["#
        + #""add","80000000-ffffffff","c@h"]],"by_node":{"c@h":["00000000-7fffffff","80000000-ffffffff"],"b@h":["80000000-ffffffff"]},"#
        + #""by_range":{"00000000-7fffffff":["c@h"],"80000000-ffffffff":["b@h","c@h"]},"props":{"partitioned":true},"#
        + #""later":[0.5,1099511627776]}"#)
    // Names stay the atoms they are in partitioned databases' properties.
    let atoms = TermBytes.tuple([TermBytes.atom("partitioned"), TermBytes.atom("true")])
    #expect((0..<renamed.count - atoms.count).contains { Array(renamed[$0..<$0 + atoms.count]) == atoms })
  }

  @Test
  func `a map without the name is left alone, and one with both is refused`() throws {
    let body = EncodedTerm(Self.map(), Self.map().indices)

    #expect(try Self.renaming("x@h", "c@h").mapBody(body) == nil)
    let error = #expect(throws: CouchFormatError.self) { try Self.renaming("a@h", "b@h").mapBody(body) }
    #expect(error?.kind == .mapInvalid && error?.detail == "it names both 'a@h' and 'b@h'")
  }

  @Test(arguments: ["by_node", "by_range", "changelog"])
  func `a map that lacks a member is renamed where the name is`(_ missing: String) throws {
    var members: [(name: String, value: [UInt8])] = []
    for (name, value) in [("by_node", Self.map()), ("by_range", Self.map()), ("changelog", Self.map())] where name != missing {
      var cursor = TermCursor(value, value.indices)
      try cursor.readTuple(of: 1)
      for _ in 0..<(try cursor.readItems()) {
        try cursor.readTuple(of: 2)
        let key = cursor.text(try cursor.readBinary())
        let range = try cursor.skipTerm()
        if key == name { members.append((name, Array(value[range]))) }
      }
    }
    let body = TermBytes.object(members)

    let renamed = try #require(try Self.renaming("a@h", "c@h").mapBody(EncodedTerm(body, body.indices)))

    let text = try Self.json(renamed)
    #expect(text.contains(#"["add","00000000-7fffffff","c@h"],["add","80000000-ffffffff","c@h"]"#), "\(text)")
    #expect(text.contains(#""by_node":{"c@h":"#) || missing == "by_node")
    #expect(text.contains(#""by_range":{"00000000-7fffffff":["c@h"]"#) || missing == "by_range")
  }

  @Test(arguments: ChecksumKind.allCases)
  func `hundreds of databases on three nodes are renamed one node after the other`(_ checksum: ChecksumKind) throws {
    var database = FreshDatabase(checksum: checksum, uuid: String(repeating: "a", count: 32), node: try #require(NodeName("a@h")))
    database.documents = (1...300).map { FreshDocument(newID: "medic-user-\($0)/meta", updateSeq: $0, body: Self.map()) }
    var file = MemoryBytes(try database.bytes())

    for (old, new) in [("a@h", "one_x-1@10.0.0.1"), ("b@h", "b@new")] {
      let result = try #require(try Self.renaming(old, new).shardMap(file, try Self.header(file)))
      #expect(result.documents == 300)
      file = MemoryBytes(result.bytes)
    }

    let found = try Self.header(file)
    let proof = try DatabaseProof.run(file, found, range: nil)
    #expect(proof.findingCount == 0 && proof.counts.documents == 300 && found.checksum == checksum)
    for entry in try ShardMap(file, found).live {
      #expect(Set(entry.byNode.keys) == ["one_x-1@10.0.0.1", "b@new"] && entry.isConsistent && entry.suffix == ".17")
    }
  }

  @Test
  func `the old member is deleted, the new one has its body, the others stay`() throws {
    var database = FreshDatabase(checksum: .xxh3, uuid: String(repeating: "a", count: 32), node: try #require(NodeName("a@h")))
    let zone = TermBytes.object([("zone", TermBytes.binary("north"))])
    database.documents = [
      FreshDocument(newID: "a@h", updateSeq: 1, body: zone), FreshDocument(newID: "b@h", updateSeq: 2, body: TermBytes.object([])),
    ]
    let source = MemoryBytes(try database.bytes())

    let result = try #require(try Self.renaming("a@h", "c@h").members(source, try Self.header(source)))

    let file = MemoryBytes(result.bytes)
    let found = try Self.header(file)
    #expect(try NodeNames.read(file, found) == ["b@h", "c@h"])
    #expect(try DatabaseProof.run(file, found, range: nil).findingCount == 0)
    let new = try DatabaseFile(file, found)
    #expect(try new.document("a@h", new.chunks())?.isDeleted == true)
    let member = try #require(try new.document("c@h", new.chunks()))
    #expect(String(decoding: try #require(try new.json(of: member, new.chunks())), as: UTF8.self).hasSuffix(#""zone":"north"}"#))
    #expect(try Self.renaming("a@h", "c@h").members(file, found) == nil)
    // And back: the tombstone is built upon.
    let back = MemoryBytes(try #require(try Self.renaming("c@h", "a@h").members(file, found)).bytes)
    #expect(try NodeNames.read(back, try Self.header(back)) == ["a@h", "b@h"])
    let error = #expect(throws: CouchFormatError.self) { try Self.renaming("c@h", "b@h").members(file, found) }
    #expect(error?.detail == "'b@h' is a member of the cluster already, beside 'c@h'")
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `whatever is changed in a map's file, renaming ends in a result or an error`(_ seed: UInt64) throws {
    var random = Seeded(seed)
    let corpus = Subjects.odd[Int(seed) % Subjects.odd.count]
    let source = try #require(try corpus.files()["_dbs.couch"])
    let header = try Self.header(source)
    for _ in 0..<8 {
      var bytes = source.bytes
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        bytes[Int.random(in: 0..<header.offset, using: &random)] =
          [0, 1, 0x7f, 0x80, 0xff, 104, 108, 109].randomElement(using: &random) ?? 0
      }
      let file = MemoryBytes(bytes)
      guard let found = try? HeaderSearch.newest(in: file) else { continue }
      do {
        _ = try Self.renaming().shardMap(file, found)
        _ = try Self.renaming().members(file, found)
      } catch is CouchFormatError {}
    }
  }

  @Test(arguments: [
    ("couchdb@127.0.0.1", true), ("couchdb@couchdb-1.local", true), ("a_b-1@h", true), ("couchdb@::1", true), ("couchdb", false),
    ("@h", false), ("couchdb@", false), ("a@b@c", false), ("a b@h", false), ("a.b@h", false), ("a'@h", false), ("é@h", false),
    ("a@h/x", false), ("", false),
    ("a@" + String(repeating: "x", count: 254), false), ("a@" + String(repeating: "x", count: 253), true),
  ])
  func `a node's name is one Erlang would take`(_ text: String, _ isName: Bool) {
    #expect((NodeName(text) != nil) == isName)
  }
}
