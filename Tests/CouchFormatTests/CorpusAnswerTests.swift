import CouchFormat
import Foundation
import Primitives
import Testing

/// Everything `expected.json` says, recomputed from files alone.
struct CorpusAnswerTests {
  @Test(arguments: Subjects.all)
  func `every answer of the server is in its files`(_ corpus: Corpus) throws {
    let expected = try corpus.json("expected.json")
    let version = try #require(expected["couchdb"] as? String)
    let databases = try #require(expected["dbs"] as? [String: [String: Any]])
    let shards = try corpus.shards(in: try corpus.files())

    #expect(Set(shards.keys) == Set(databases.keys))
    for (name, fields) in databases {
      let answers = try DatabaseAnswers(try #require(shards[name]))
      expect(answers, fields, "\(corpus.name) \(name)")
      let locals = version < "3.4" ? answers.localsWithPurges : answers.locals
      #expect(fields["local_docs"] as? Int == locals.count, "\(name)")
      #expect(fields["local_sha256"] as? String == locals.sha256.hex, "\(name)")
      expectViews(answers, fields["views"] as? [String: [String: Any]] ?? [:], name)
    }
  }

  private func expect(_ answers: DatabaseAnswers, _ fields: [String: Any], _ name: String) {
    #expect(fields["doc_count"] as? Int == answers.docCount, "\(name)")
    #expect(fields["doc_del_count"] as? Int == answers.deletedCount, "\(name)")
    #expect(fields["update_seq_prefix"] as? Int == answers.updateSeq, "\(name)")
    #expect(fields["conflict_docs"] as? Int == answers.conflicts, "\(name)")
    #expect(fields["security_sha256"] as? String == answers.security.hex, "\(name)")
    for (count, hash, answer) in [
      ("all_docs_rows", "all_docs_sha256", answers.allDocs), ("leaf_rows", "leafs_sha256", answers.leaves),
      ("bodies", "bodies_sha256", answers.bodies), ("attachments", "attachments_sha256", answers.attachments),
    ] {
      #expect(fields[count] as? Int == answer.count, "\(name) \(count)")
      #expect(fields[hash] as? String == answer.sha256.hex, "\(name) \(hash)")
    }
  }

  private func expectViews(_ answers: DatabaseAnswers, _ expected: [String: [String: Any]], _ name: String) {
    #expect(Set(expected.keys) == Set(answers.views.keys), "\(name)")
    for (view, fields) in expected {
      #expect(fields["rows"] as? Int == answers.views[view]?.rows.count, "\(name) \(view)")
      #expect(fields["rows_sha256"] as? String == answers.views[view]?.rows.sha256.hex, "\(name) \(view)")
    }
  }
}
