import CouchFormat
import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// What a drill expects of a server is what CouchDB itself answered about the same files.
struct ServedDataTests {
  private static let corpora = Corpora.bundled + Corpora.large.filter { $0.hasPrefix("odd") }

  @Test(arguments: corpora)
  func `leaf revisions, whole documents, attachments and counts are CouchDB's`(_ corpus: String) async throws {
    let answers = try CouchDBDocuments(corpus)
    var databases: [ServedDatabase] = []
    try await Self.forEach(corpus) { databases.append($0) }

    #expect(Set(databases.map(\.name)) == answers.databases)
    for database in databases {
      #expect(database.leaves == answers.leaves(of: database.name), "\(database.name)")
      #expect(database.docCount == answers.counts[database.name]?.documents, "\(database.name)")
      #expect(database.deletedCount == answers.counts[database.name]?.deleted, "\(database.name)")
      for document in database.documents {
        let expected = try #require(answers.document(document.id, document.rev, in: database.name))
        #expect(CouchDBDocuments.withoutStubs(document.json) == expected.body, "\(document.id) of \(database.name)")
        #expect(document.attachments.count == expected.attachments.count)
        for attachment in document.attachments {
          let known = try #require(expected.attachments[attachment.name])
          #expect(attachment.length == known.length && attachment.sha256.hex == known.sha256, "\(attachment.name)")
        }
      }
    }
    #expect(databases.reduce(0) { $0 + $1.documents.count } > 150 && databases.flatMap(\.documents).contains { !$0.attachments.isEmpty })
    #expect(databases.flatMap(\.views).count { $0.rows != nil } > 5, "\(databases.flatMap(\.views).map { "\($0.name) \($0.rows ?? -1)" })")
  }

  @Test func `another seed chooses other documents, the same one the same`() async throws {
    func ids(_ seed: String) async throws -> [String] {
      var ids: [String] = []
      try await Self.forEach("odd-3.5.2", seed: seed, sample: 3) { ids += $0.documents.map(\.id) }
      return ids
    }
    let first = try await ids("one")
    #expect(try await ids("one") == first)
    #expect(try await ids("two") != first)
  }

  private static func forEach(_ corpus: String, seed: String = "", sample: Int = 20, _ body: (ServedDatabase) -> Void) async throws {
    let data = FilePath(try Corpora.folder(corpus).appending(path: "data").path)
    try await Answers(about: ProofSubject(dataFolders: [data])).forEachDatabase { entry, shards in
      body(
        try ServedDatabase(
          entry.database, isPartitioned: entry.isPartitioned, shards, sample: sample, seed: ContentID(hashing: Array(seed.utf8))))
    }
  }
}

struct LeafDigestTests {
  private static func digest(_ documents: [(String, [String], Bool)]) -> LeafDigest {
    var digest = LeafDigest()
    for (id, revisions, isDeleted) in documents { digest.add(id: id.utf8, revisions: revisions, isDeleted: isDeleted) }
    return digest
  }

  @Test func `order does not matter, everything else does`() {
    let documents = [("a", ["1-x", "2-y"], false), ("b", ["1-x"], true), ("c", ["3-z"], false)]
    let digest = Self.digest(documents)

    #expect(Self.digest(documents.reversed()) == digest)
    #expect(Self.digest([("a", ["2-y", "1-x"], false)] + documents.dropFirst()) == digest)
    let others: [[(String, [String], Bool)]] = [
      Array(documents.dropLast()), documents + [documents[0]], [("a", ["1-x"], false)] + documents.dropFirst(),
      [("a", ["1-x", "2-y"], true)] + documents.dropFirst(), [("A", ["1-x", "2-y"], false)] + documents.dropFirst(), [],
    ]
    for other in others { #expect(Self.digest(other) != digest) }
  }
}

/// `docs.ndjson` and `expected.json` of a corpus: what CouchDB answered.
private struct CouchDBDocuments {
  struct Attachment: Decodable {
    let length: Int
    let sha256: String
  }
  struct Document: Decodable {
    let db: String
    let id: String
    let rev: String
    let deleted: Bool
    let attachments: [String: Attachment]
  }
  private struct Expected: Decodable {
    struct Database: Decodable {
      let doc_count: Int
      let doc_del_count: Int
    }
    let dbs: [String: Database]
  }

  let counts: [String: (documents: Int, deleted: Int)]
  private var documents: [String: [Document]] = [:]
  private var bodies: [String: NSDictionary] = [:]

  init(_ corpus: String) throws {
    let folder = try Corpora.folder(corpus)
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: folder.appending(path: "expected.json")))
    counts = expected.dbs.mapValues { ($0.doc_count, $0.doc_del_count) }
    for line in try Data(contentsOf: folder.appending(path: "docs.ndjson")).split(separator: 10) {
      let document = try JSONDecoder().decode(Document.self, from: Data(line))
      documents[document.db, default: []].append(document)
      let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? NSDictionary)
      bodies[Self.key(document.db, document.id, document.rev)] = Self.plain(object["body"] as? NSDictionary ?? [:])
    }
  }

  var databases: Set<String> { Set(counts.keys) }

  func leaves(of database: String) -> LeafDigest {
    var digest = LeafDigest()
    // By bytes: Swift takes two ways of writing one letter for the same.
    for (id, leaves) in Dictionary(grouping: documents[database] ?? [], by: { Array($0.id.utf8) })
    where !ServedDatabase.isServersOwn(leaves[0].id, in: database) {
      digest.add(id: id, revisions: leaves.map(\.rev), isDeleted: leaves.allSatisfy(\.deleted))
    }
    return digest
  }

  func document(_ id: String, _ rev: String, in database: String) -> (body: NSDictionary, attachments: [String: Attachment])? {
    guard let body = bodies[Self.key(database, id, rev)],
      let document = documents[database]?.first(where: { $0.id == id && $0.rev == rev })
    else { return nil }
    return (body, document.attachments)
  }

  private static func key(_ database: String, _ id: String, _ rev: String) -> String { "\(database)\u{0}\(id)\u{0}\(rev)" }

  static func withoutStubs(_ json: [UInt8]) -> NSDictionary {
    plain((try? JSONSerialization.jsonObject(with: Data(json))) as? NSDictionary ?? [:])
  }

  /// Attachments are compared by themselves.
  private static func plain(_ object: NSDictionary) -> NSDictionary {
    var copy = object as? [String: Any] ?? [:]
    copy["_attachments"] = nil
    return copy as NSDictionary
  }
}
