import CouchFormat
import Foundation
import Primitives
import Testing

/// Files a CouchDB left behind are sound: whatever a proof finds in them would be a false alarm.
struct CorpusProofTests {
  @Test(arguments: Subjects.all)
  func `the proof finds nothing wrong with what CouchDB wrote`(_ corpus: Corpus) throws {
    let files = try corpus.files()
    let dbs = try #require(files["_dbs.couch"])
    let map = try ShardMap(dbs, try #require(try HeaderSearch.newest(in: dbs)))
    let partitioned = Set(map.live.filter(\.isPartitioned).map(\.database))
    let expected = corpus.has("shards.json") ? try corpus.json("shards.json") : [:]

    for (path, source) in files {
      let header = try #require(try HeaderSearch.newest(in: source), "\(path)")
      let proof = try prove(path, Prefix(source, byteCount: header.end), header, partitioned)
      #expect(proof.findingCount == 0, "\(corpus.name) \(path): \(proof.findings.prefix(3))")
      guard let database = header.database else { continue }
      #expect(proof.counts.documents == database.docCount + database.deletedCount, "\(path)")
      #expect(proof.counts.leaves >= proof.counts.documents && proof.counts.bodies >= proof.counts.leaves, "\(path)")
      guard let sums = (expected[path] as? [String: Any])?["summary_checksums"] as? [String: Int] else { continue }
      let kinds = Dictionary(uniqueKeysWithValues: proof.counts.bodiesByChecksum.map { ($0.key.rawValue, $0.value) })
      #expect(kinds == sums, "\(path)")
    }
  }

  private func prove(_ path: String, _ source: Prefix<MemoryBytes>, _ header: FoundHeader, _ partitioned: Set<String>) throws -> FileProof {
    switch DataFolderEntry(path: path) {
    case .shard(let shard):
      try DatabaseProof.run(source, header, range: shard.range, isPartitioned: partitioned.contains(shard.database))
    case .shardIndex(_, let signature): try ViewProof.run(source, header, signature: signature)
    default: try DatabaseProof.run(source, header, range: nil)
    }
  }
}
