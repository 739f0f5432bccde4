import Foundation
import TestSupport
import Testing

/// Every data folder we have goes through a backup, stock restic, two restores and a proof.
struct CorpusRoundTripTests {
  /// A deployment's data folders within a corpus.
  struct Subject: CustomTestStringConvertible {
    let corpus: String
    let folders: [String]
    /// Beside the data folder: what CouchDB said of every file; hot copies have none.
    let shards: String?

    var testDescription: String { "\(corpus): \(folders.joined(separator: ", "))" }
  }

  static let subjects: [Subject] = {
    var subjects = Corpora.bundled.map { Subject(corpus: $0, folders: ["data"], shards: "shards.json") }
    subjects += ["day1", "day2", "day3"].map { Subject(corpus: Corpora.growth, folders: [$0], shards: nil) }
    for name in Corpora.large {
      switch name {
      case "series-3.5":
        subjects += (0...4).map { Subject(corpus: name, folders: ["T\($0)/data"], shards: "T\($0)/shards.json") }
      case "cluster-3.5":
        subjects += ["data", "data-hot"].map { folder in
          Subject(corpus: name, folders: ["srv1", "srv2", "srv3"].map { "\(folder)/\($0)" }, shards: nil)
        }
      case "small-3.3", "small-3.5":
        subjects += ["data", "data-hot"].map { Subject(corpus: name, folders: [$0], shards: nil) }
      default: subjects.append(Subject(corpus: name, folders: ["data"], shards: "shards.json"))
      }
    }
    return subjects
  }()

  @Test(arguments: subjects)
  func `a backup restores to the source's bytes up to each newest header`(_ subject: Subject) throws {
    let corpus = try Corpora.folder(subject.corpus)
    let deployment = try TestDeployment(copying: subject.folders.map { corpus.appending(path: $0) })

    let backup = try deployment.akiba(["backup"])
    #expect(backup.status == 0, "\(backup.standardError)")
    try deployment.expectResticFindsNoErrors()

    let ours = try deployment.restore()
    let stock = deployment.folder.url.appending(path: "stock")
    #expect(try deployment.restic(["restore", "latest", "--target", stock.path]).status == 0)
    let difference = try Program.run("/usr/bin/env", ["diff", "--recursive", "--exclude=.akiba-restore.json", ours.path, stock.path])
    #expect(difference.status == 0, "\(difference.text)")
    let sums = try Program.run("/usr/bin/env", ["sha256sum", "--quiet", "--check", "SHA256SUMS"], in: stock.appending(path: "akiba").path)
    #expect(sums.status == 0, "\(sums.standardError)")

    try expectSourceBytes(in: ours, of: deployment, shards: subject.shards.map { corpus.appending(path: $0) })
    let proof = try deployment.akiba(["verify", "--restored", ours.path])
    #expect(proof.status == 0, "\(proof.standardError)")
    let inPlace = try deployment.akiba(["verify", "latest"])
    #expect(inPlace.status == 0, "\(inPlace.standardError)")
  }

  /// - Parameter shards: CouchDB's own word for where each file's newest header ends.
  private func expectSourceBytes(in restored: URL, of deployment: TestDeployment, shards: URL?) throws {
    let ends = try shards.map { try JSONSerialization.jsonObject(with: Data(contentsOf: $0)) as? [String: [String: Any]] ?? [:] } ?? [:]
    let nodes = try FileManager.default.contentsOfDirectory(atPath: restored.appending(path: "couchdb").path).sorted()
    #expect(nodes.count == deployment.data.count)
    var restoredFiles: [String: [UInt8]] = [:]
    for node in nodes {
      restoredFiles.merge(try ReplayedServer.files(in: restored.appending(path: "couchdb/\(node)/data")).prefixed("\(node)/")) { $1 }
    }
    var sources: [String: [UInt8]] = [:]
    for (folder, node) in zip(deployment.data, nodes) { sources.merge(try ReplayedServer.files(in: folder).prefixed("\(node)/")) { $1 } }
    #expect(!restoredFiles.isEmpty)
    for (path, bytes) in restoredFiles {
      let source = try #require(sources[path], "\(path) is not in the source")
      #expect(source.starts(with: bytes), "\(path) is not the beginning of its source")
      if let end = ends[String(path.drop { $0 != "/" }.dropFirst())]?["end"] as? Int { #expect(bytes.count == end, "\(path)") }
    }
    for (path, bytes) in sources where restoredFiles[path] == nil {
      #expect(path.hasSuffix(".view"), "\(path) of \(bytes.count) bytes is not in the snapshot")
    }
  }
}

extension [String: [UInt8]] {
  fileprivate func prefixed(_ prefix: String) -> Self { Self(uniqueKeysWithValues: map { (prefix + $0, $1) }) }
}
