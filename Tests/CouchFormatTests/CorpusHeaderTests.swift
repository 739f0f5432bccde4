import CouchFormat
import Foundation
import Primitives
import Testing

/// Every file's newest header against `shards.json`, which another reader made.
struct CorpusHeaderTests {
  @Test(arguments: Subjects.all)
  func `the newest header of every file is the one CouchDB would use`(_ corpus: Corpus) throws {
    guard corpus.has("shards.json") else { return }  // clusters and small deployments have none
    let files = try corpus.files()
    let expected = try corpus.json("shards.json")

    #expect(Set(files.keys) == Set(expected.keys))
    for (path, source) in files {
      let fields = try #require(expected[path] as? [String: Any])
      let header = try #require(try HeaderSearch.newest(in: source), "\(path)")
      expectCommon(fields, header, source, path)
      if let view = header.view {
        #expect(fields["signature"] as? String == view.signature, "\(path)")
        #expect(fields["rows"] as? [Int] == view.views.map(\.rows), "\(path)")
        #expect(fields["update_seq"] as? Int == view.updateSeq && fields["purge_seq"] as? Int == view.purgeSeq, "\(path)")
      } else {
        try expectDatabase(fields, try DatabaseFile(source, header), path)
      }
    }
  }

  private func expectCommon(_ fields: [String: Any], _ header: FoundHeader, _ source: MemoryBytes, _ path: String) {
    #expect(fields["type"] as? String == (header.view == nil ? "db" : "view"), "\(path)")
    #expect(fields["size"] as? Int == source.byteCount, "\(path)")
    #expect(fields["offset"] as? Int == header.offset && fields["end"] as? Int == header.end, "\(path)")
    #expect(fields["checksum"] as? String == header.checksum.rawValue, "\(path)")
    #expect(header.rawBytes == Array(source.bytes[header.offset..<header.end]), "\(path)")
  }

  private func expectDatabase(_ fields: [String: Any], _ file: DatabaseFile, _ path: String) throws {
    let header = file.header
    let purges = try file.purgeSequences()
    #expect(fields["update_seq"] as? Int == header.updateSeq, "\(path)")
    #expect(fields["purge_seq"] as? Int == purges.newest && fields["oldest_purge_seq"] as? Int == purges.oldest, "\(path)")
    #expect(fields["uuid"] as? String == header.uuid, "\(path)")
    #expect(fields["doc_count"] as? Int == header.docCount && fields["doc_del_count"] as? Int == header.deletedCount, "\(path)")
    #expect(fields["disk_version"] as? Int == header.diskVersion && header.tupleSize == 16, "\(path)")
    #expect(fields["compacted_seq"] as? Int == header.compactedSeq, "\(path)")
    #expect(fields["revs_limit"] as? Int == header.revsLimit, "\(path)")
    #expect(fields["purge_infos_limit"] as? Int == header.purgeInfosLimit, "\(path)")
    let epochs = try #require(fields["epochs"] as? [[Any]])
    #expect(epochs.map { $0[0] as? String } == header.epochs.map(\.node), "\(path)")
    #expect(epochs.map { $0[1] as? Int } == header.epochs.map(\.updateSeq), "\(path)")
  }

  @Test(arguments: Subjects.odd)
  func `all headers of a file are found, and counted by their checksum`(_ corpus: Corpus) throws {
    let expected = try corpus.json("shards.json")
    for (path, source) in try corpus.files() {
      let fields = try #require(expected[path] as? [String: Any])
      let kinds = try #require(fields["header_kinds"] as? [String: Int])
      let (headers, invalid) = try HeaderSearch.all(in: source)

      var found = Dictionary(grouping: headers, by: \.checksum.rawValue).mapValues(\.count)
      if invalid > 0 { found["invalid"] = invalid }
      #expect(found == kinds, "\(path)")
      #expect(headers.last?.offset == fields["offset"] as? Int, "\(path)")
    }
  }
}
