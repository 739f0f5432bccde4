import CouchFormat
import Foundation
import Primitives
import Testing

/// Documents one by one, byte for byte as CouchDB answered them.
struct CorpusDocumentTests {
  @Test(arguments: Subjects.odd)
  func `every revision's JSON is what GET answered, byte for byte`(_ corpus: Corpus) throws {
    var expected: [String: String] = [:]
    for line in try corpus.lines("docs.ndjson") {
      let fields = try object(line)
      let key = try ["db", "id", "rev"].map { try #require(fields[$0] as? String) }.joined(separator: "\u{1F}")
      expected[key] = body(line)
    }

    let style = corpus.name == "odd-3.5.2" ? JSONWriter.Style.couchShort : .couch
    var found: [String: String] = [:]
    for (database, shards) in try corpus.shards(in: try corpus.files()) {
      for shard in shards {
        let chunks = shard.file.chunks()
        try shard.file.forEachDocument(chunks) { document in
          for leaf in document.tree.leaves {
            let stored = try #require(leaf.stored)
            let summary = try Summary(try chunks.chunk(at: stored.pointer))
            var writer = JSONWriter(style)
            try DocumentJSON.write(document, leaf, summary, revisions: true, to: &writer)
            let key = [database, document.id, document.tree.rev(leaf)].joined(separator: "\u{1F}")
            found[key] = String(decoding: writer.output, as: UTF8.self)
          }
          return true
        }
      }
    }

    #expect(expected.count > 400)
    #expect(Set(expected.keys) == Set(found.keys))
    for (key, body) in expected where found[key].map({ Array($0.utf8) != Array(body.utf8) }) ?? true {
      Issue.record("\(key): \(found[key]?.prefix(300) ?? "") is not \(body.prefix(300))")
    }
  }

  @Test(arguments: Subjects.odd)
  func `every local document is what GET answered, byte for byte`(_ corpus: Corpus) throws {
    var found: [String: String] = [:]
    for (database, shards) in try corpus.shards(in: try corpus.files()) {
      for local in try shards.flatMap({ try $0.file.localDocuments() }) where !local.isBookkeeping {
        var writer = JSONWriter(.couch)
        try DocumentJSON.write(local, to: &writer)
        found["\(database) \(local.id)"] = String(decoding: writer.output, as: UTF8.self)
      }
    }
    var expected: [String: String] = [:]
    for line in try corpus.lines("local.ndjson") {
      let fields = try object(line)
      let start = try #require(line.range(of: ",\"body\":"))
      expected["\(fields["db"] ?? "") \(fields["id"] ?? "")"] = String(line[start.upperBound...].dropLast())
    }

    #expect(expected.count > 5)
    #expect(expected == found)
  }

  @Test(arguments: Subjects.odd)
  func `limits and security of every shard are the server's`(_ corpus: Corpus) throws {
    let purged = try #require(try corpus.json("purged.json")["databases"] as? [String: [String: Any]])
    let security = try corpus.json("security.json")

    for (database, shards) in try corpus.shards(in: try corpus.files()) {
      let limits = try #require(purged[database])
      for shard in shards {
        let json = try JSONSerialization.jsonObject(with: Data(try shard.file.security(.couch, shard.file.chunks())))
        #expect(json as? NSDictionary == security[database] as? NSDictionary, "\(database)")
        #expect(limits["revs_limit"] as? Int == shard.file.header.revsLimit, "\(database)")
        #expect(limits["purged_infos_limit"] as? Int == shard.file.header.purgeInfosLimit, "\(database)")
        #expect(try shard.file.isPartitioned(shard.file.chunks()) == (database == "odd-part"), "\(database)")
      }
      let sum = try shards.reduce(0) { try $0 + $1.file.purgeSequences().newest }
      let token = try #require(limits["purge_seq"] as? String)
      #expect(Int(token.prefix { $0 != "-" }) == sum, "\(database)")
    }
  }

  @Test(arguments: Subjects.odd)
  func `purged documents that are still remembered were purged`(_ corpus: Corpus) throws {
    let databases = try #require(try corpus.json("purged.json")["databases"] as? [String: [String: Any]])
    var remembered = 0
    for (database, shards) in try corpus.shards(in: try corpus.files()) {
      let purges = try #require(databases[database]?["purges"] as? [[String: Any]])
      let ids = Set(purges.compactMap { $0["id"] as? String })
      for info in try shards.flatMap({ try $0.file.purges() }) {
        remembered += 1
        #expect(ids.contains(info.documentID), "\(database) \(info.documentID)")
      }
    }
    #expect(remembered > 10)
  }

  @Test(arguments: Subjects.odd)
  func `a document is found by its id without a walk, and none that is not there`(_ corpus: Corpus) throws {
    for (database, shards) in try corpus.shards(in: try corpus.files()) where ["odd-ids", "odd-types", "odd-empty"].contains(database) {
      for shard in shards {
        let chunks = shard.file.chunks()
        try shard.file.forEachDocument(chunks) { document in
          let found = try shard.file.document(document.id, chunks)
          let absent = try shard.file.document(document.id + "!", chunks)
          #expect(found?.updateSeq == document.updateSeq && absent == nil)
          return true
        }
      }
    }
  }

  @Test
  func `walking from an older header visits the documents changed since, and fewer nodes`() throws {
    guard let older = Subjects.large.first(where: { $0.name == "series-3.5/T0" }),
      let newer = Subjects.large.first(where: { $0.name == "series-3.5/T1" })
    else { return }
    let (before, after) = (try older.files(), try newer.files())
    var changed = 0
    for (path, source) in after where path.contains("/medic.") && path.hasSuffix(".couch") {
      let past = try #require(before[path])
      let old = try #require(try HeaderSearch.newest(in: past))
      let file = try DatabaseFile(source, try #require(try HeaderSearch.newest(in: source)))
      #expect(try HeaderSearch.header(at: old.offset, in: source)?.rawBytes == old.rawBytes)
      let since = try #require(old.database).updateSeq
      var pruned: [Int] = []
      var whole: [Int] = []
      try file.forEachDocument(file.chunks(), in: .bySequence, since: old.offset) {
        pruned.append($0.updateSeq); return true
      }
      try file.forEachDocument(file.chunks(), in: .bySequence) {
        whole.append($0.updateSeq); return true
      }
      #expect(pruned.filter { $0 > since } == whole.filter { $0 > since }, "\(path)")
      #expect(pruned.count < whole.count)
      changed += pruned.count { $0 > since }
    }
    #expect(changed == 72)  // 54 new and 18 updated ones
  }

  private func object(_ line: Substring) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  /// What stands between `"body":` and the last `,"attachments":`.
  private func body(_ line: Substring) -> String {
    guard let start = line.range(of: ",\"body\":"), let end = line.range(of: ",\"attachments\":", options: .backwards) else { return "" }
    return String(line[start.upperBound..<end.lowerBound])
  }
}
