import CouchFormat
import Primitives
import Testing

/// What is written is read back, and the proof that finds CouchDB's files sound finds these sound.
struct FreshDatabaseTests {
  private static let node = NodeName("couchdb@127.0.0.1")
  private static let uuid = "0123456789abcdef0123456789abcdef"

  private func database(_ checksum: ChecksumKind) throws -> FreshDatabase {
    FreshDatabase(checksum: checksum, uuid: Self.uuid, node: try #require(Self.node))
  }

  private func document(_ id: String, _ seq: Int, _ text: String = "") -> FreshDocument {
    FreshDocument(newID: id, updateSeq: seq, body: TermBytes.object([("text", TermBytes.binary(text)), ("n", TermBytes.integer(seq))]))
  }

  private func proven(_ bytes: [UInt8], _ comment: String = "") throws -> (file: DatabaseFile, found: FoundHeader, proof: FileProof) {
    let source = MemoryBytes(bytes)
    let found = try #require(try HeaderSearch.newest(in: source))
    let proof = try DatabaseProof.run(source, found, range: nil)
    #expect(proof.findingCount == 0, "\(comment) \(proof.findings.prefix(3))")
    #expect(found.end == bytes.count)
    return (try DatabaseFile(source, found), found, proof)
  }

  private func contents(_ file: DatabaseFile) throws -> [String: String] {
    let chunks = file.chunks()
    var contents: [String: String] = [:]
    try file.forEachDocument(chunks) { document in
      contents[document.id] = String(decoding: try file.json(of: document, chunks) ?? [], as: UTF8.self)
      return true
    }
    return contents
  }

  @Test(arguments: ChecksumKind.allCases, [0, 1, 2, 40, 600])
  func `a file of so many documents is sound, and gives them back`(_ checksum: ChecksumKind, _ count: Int) throws {
    var database = try database(checksum)
    database.documents = (0..<count).map { document("db-\($0 * 7919 % 10_007)", count - $0) }

    let (file, found, proof) = try proven(try database.bytes())
    #expect(found.checksum == checksum && file.header.docCount == count && file.header.updateSeq == count)
    #expect(file.header.uuid == Self.uuid && file.header.epochs.map(\.node) == ["couchdb@127.0.0.1"])
    #expect(proof.counts.documents == count && proof.counts.bodies == count)
    #expect(proof.counts.bodiesByChecksum == (count == 0 ? [:] : [checksum: count]))
    #expect(proof.counts.nodes > (count == 600 ? 40 : 0) || count == 0)
    let contents = try contents(file)
    #expect(contents.count == count)
    for fresh in database.documents {
      let id = String(decoding: fresh.idBytes, as: UTF8.self)
      let rev = "1-\(RevisionID.text(fresh.revisions[0][...]))"
      #expect(contents[id] == #"{"_id":"\#(id)","_rev":"\#(rev)","n":\#(fresh.updateSeq),"text":""}"#)
      #expect(try file.document(id, file.chunks()) != nil)
    }
  }

  @Test(arguments: ChecksumKind.allCases)
  func `wherever chunks end in a block, the file is sound`(_ checksum: ChecksumKind) throws {
    var exactFits = 0
    // The body's chunk, and both nodes behind it, end at each place around a boundary.
    for size in Array(3650...4060) + [8100, 20_000] {
      var database = try database(checksum)
      database.documents = [document("a", 1, String(repeating: "x", count: size))]

      let (file, _, _) = try proven(try database.bytes(), "size \(size)")

      let chunks = file.chunks()
      let stored = try #require(try file.document("a", chunks)?.tree.winner?.stored)
      let chunk = try chunks.chunk(at: stored.pointer)
      if chunk.end.isMultiple(of: 4096) { exactFits += 1 }
      // {1, 0, {size_info, Active, External}}
      var reduction = try #require(file.header.byID).reduction.cursor
      _ = try (
        reduction.readTupleHeader(), reduction.readInteger(), reduction.readInteger(), reduction.readTupleHeader(), reduction.readAtom()
      )
      #expect(try reduction.readInteger() == chunk.diskLength)
    }
    #expect(exactFits > 0)
  }

  @Test
  func `a long line of revisions is kept, and cut at its limit`() throws {
    var database = try database(.xxh3)
    let line = (0..<1000).map { index in (0..<16).map { UInt8(truncatingIfNeeded: index >> ($0 % 2 * 8)) } }
    let body = TermBytes.object([])
    database.documents = [FreshDocument(idBytes: Array("a".utf8), updateSeq: 9, isDeleted: true, depth: 1203, revisions: line, body: body)]

    let (file, _, _) = try proven(try database.bytes())
    let document = try #require(try file.document("a", file.chunks()))
    let winner = try #require(document.tree.winner)
    #expect(document.isDeleted && file.header.deletedCount == 1 && file.header.updateSeq == 9)
    #expect(winner.depth == 1203 && document.tree.path(of: winner) == line.map { RevisionID.text($0[...]) })
    #expect(document.tree.revisions.first?.depth == 204)
  }

  @Test
  func `two documents of one id or sequence, or one without revisions, are refused`() throws {
    var database = try database(.md5)
    for documents in [
      [document("a", 1), document("a", 2)], [document("a", 1), document("b", 1)],
      [FreshDocument(idBytes: [97], updateSeq: 1, depth: 1, revisions: [], body: TermBytes.object([]))],
      [FreshDocument(idBytes: [97], updateSeq: 1, depth: 1, revisions: [[1], [2]], body: TermBytes.object([]))],
    ] {
      database.documents = documents
      let error = #expect(throws: CouchFormatError.self) { try database.bytes() }
      #expect(error?.kind == .documentInvalid)
    }
  }

  @Test(arguments: Subjects.all)
  func `a database written anew holds everything the old file held`(_ corpus: Corpus) throws {
    for (name, source) in try corpus.files() where ["_dbs.couch", "_nodes.couch"].contains(name) {
      let found = try #require(try HeaderSearch.newest(in: source))
      let old = try DatabaseFile(source, found)

      let (new, newFound, _) = try proven(try FreshDatabase(continuing: source, found).bytes(), name)

      #expect(newFound.checksum == found.checksum && new.header.tupleSize == old.header.tupleSize)
      #expect(new.header.diskVersion == old.header.diskVersion && new.header.uuid == old.header.uuid)
      #expect(new.header.updateSeq == old.header.updateSeq && new.header.epochs == old.header.epochs)
      #expect(new.header.docCount == old.header.docCount && new.header.deletedCount == old.header.deletedCount)
      #expect(new.header.revsLimit == old.header.revsLimit && new.header.purgeInfosLimit == old.header.purgeInfosLimit)
      #expect(try new.security(.couch, new.chunks()) == old.security(.couch, old.chunks()))
      #expect(try contents(new) == contents(old))
      #expect(try new.localDocuments().map(\.id) == old.localDocuments().map(\.id))
      #expect(try new.purges() == old.purges())
      // The same answers, revisions and local documents included, as the digests see them.
      #expect(try DatabaseAnswers([AnswerShard(file: new)]) == DatabaseAnswers([AnswerShard(file: old)]))
    }
  }

  @Test
  func `local documents, purges, security and properties come along`() throws {
    // Shards have all of these where the shard map has none.
    var seen = (locals: 0, purges: 0, security: 0, properties: 0)
    for corpus in Subjects.odd {
      for (name, source) in try corpus.files() {
        guard case .shard = DataFolderEntry(path: name), let found = try HeaderSearch.newest(in: source) else { continue }
        guard let database = try? FreshDatabase(continuing: source, found) else { continue }  // attachments, see below
        let old = try DatabaseFile(source, found)

        let (new, _, _) = try proven(try database.bytes(), name)

        #expect(try new.localDocuments().map(\.id) == old.localDocuments().map(\.id) && new.purges() == old.purges())
        #expect(try new.security(.couch, new.chunks()) == old.security(.couch, old.chunks()))
        #expect(try new.isPartitioned(new.chunks()) == old.isPartitioned(old.chunks()))
        #expect(try contents(new) == contents(old), "\(name)")
        seen.locals += try new.localDocuments().count
        seen.purges += try new.purges().count
        seen.security += new.header.securityPointer == nil ? 0 : 1
        seen.properties += try new.isPartitioned(new.chunks()) ? 1 : 0
      }
    }
    #expect(seen.locals > 0 && seen.purges > 0 && seen.security > 0 && seen.properties > 0, "\(seen)")
  }

  @Test
  func `a document with attachments is refused, not written without them`() throws {
    let corpus = try #require(Subjects.odd.first)
    var errors: [CouchFormatError] = []
    for (name, source) in try corpus.files() {
      guard case .shard = DataFolderEntry(path: name), let found = try HeaderSearch.newest(in: source) else { continue }
      do { _ = try FreshDatabase(continuing: source, found) } catch let error as CouchFormatError { errors.append(error) }
    }
    #expect(errors.contains { $0.detail.contains("has attachments, which are not rewritten") })
  }
}
