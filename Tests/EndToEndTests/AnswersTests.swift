import Foundation
import TestSupport
import Testing

/// `akiba verify --answers` says what CouchDB itself answered, in every field.
struct AnswersTests {
  struct Subject: CustomTestStringConvertible {
    let corpus: String
    let folders: [String]
    let expected: String

    var testDescription: String { "\(corpus)/\(expected)" }
  }

  static let subjects: [Subject] = {
    var subjects = Corpora.bundled.map { Subject(corpus: $0, folders: ["data"], expected: "expected.json") }
    for name in Corpora.large {
      switch name {
      case "series-3.5": subjects += (0...4).map { Subject(corpus: name, folders: ["T\($0)/data"], expected: "T\($0)/expected.json") }
      case "cluster-3.5":
        subjects.append(Subject(corpus: name, folders: ["srv1", "srv2", "srv3"].map { "data/\($0)" }, expected: "expected.json"))
      default: subjects.append(Subject(corpus: name, folders: ["data"], expected: "expected.json"))
      }
    }
    return subjects
  }()

  @Test(arguments: subjects)
  func `answers recomputed from files are CouchDB's`(_ subject: Subject) throws {
    let corpus = try Corpora.folder(subject.corpus)
    let expected = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: corpus.appending(path: subject.expected))) as? [String: Any])
    let databases = try #require(expected["dbs"] as? [String: [String: Any]])
    let listsPurges = (expected["couchdb"] as? String)?.hasPrefix("3.3") ?? false

    let output = try Akiba.run(
      ["verify", "--json", "--answers"] + subject.folders.flatMap { ["--data", corpus.appending(path: $0).path] })

    #expect(output.status == 0, "\(output.standardError)")
    try Self.expect(output, toSay: databases, listsPurges: listsPurges)
  }

  /// - Parameters:
  ///   - output: of `verify --json --answers`.
  ///   - databases: of a corpus' `expected.json`.
  static func expect(_ output: Program.Output, toSay databases: [String: [String: Any]], listsPurges: Bool) throws {
    var answers: [String: [String: Any]] = [:]
    for event in try output.objects() where event["type"] as? String == "answers" {
      answers[try #require(event["database"] as? String)] = event
    }
    #expect(Set(answers.keys) == Set(databases.keys))
    for (name, database) in databases {
      try Self.compare(try #require(answers[name]), with: database, named: name, listsPurges: listsPurges)
    }
  }

  private static func compare(_ answers: [String: Any], with expected: [String: Any], named name: String, listsPurges: Bool) throws {
    let numbers = ["doc_count", "doc_del_count", "all_docs_rows", "leaf_rows", "conflict_docs", "bodies", "attachments"]
    for field in numbers { #expect(answers[field] as? Int == expected[field] as? Int, "\(name).\(field)") }
    #expect(String(try #require(answers["update_seq"] as? Int)) == "\(try #require(expected["update_seq_prefix"]))", "\(name).update_seq")
    let hashes = ["all_docs_sha256", "leafs_sha256", "security_sha256", "bodies_sha256", "attachments_sha256"]
    for field in hashes {
      #expect(try #require(answers[field] as? String) == expected[field] as? String, "\(name).\(field)")
    }
    // 3.3 lists the bookkeeping documents of purges, later versions hide them.
    #expect(answers[listsPurges ? "local_docs_with_purges" : "local_docs"] as? Int == expected["local_docs"] as? Int, "\(name).local_docs")
    let local = try #require(answers[listsPurges ? "local_with_purges_sha256" : "local_sha256"] as? String)
    #expect(local == expected["local_sha256"] as? String, "\(name).local_sha256")
    let views = try #require(expected["views"] as? [String: [String: Any]])
    let ours = try #require(answers["views"] as? [String: [String: Any]])
    for (view, rows) in views {
      #expect(ours[view]?["rows"] as? Int == rows["rows"] as? Int, "\(name) \(view) rows")
      #expect(ours[view]?["rows_sha256"] as? String == rows["rows_sha256"] as? String, "\(name) \(view) rows_sha256")
    }
  }
}
