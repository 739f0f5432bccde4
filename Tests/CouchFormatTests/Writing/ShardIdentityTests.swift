import CouchFormat
import Primitives
import Testing

/// A header once more, under another uuid.
struct ShardIdentityTests {
  private static let seed = "restore 1"

  private func renewed(_ source: MemoryBytes, _ found: FoundHeader) throws -> MemoryBytes {
    MemoryBytes(source.bytes[..<found.end] + (try #require(try ShardIdentity.renewal(of: found, at: found.end, seed: Self.seed))))
  }

  @Test(arguments: Subjects.all)
  func `of every real shard only the uuid is another, and only the first time`(_ corpus: Corpus) throws {
    var uuids: [String: String] = [:]
    for (path, source) in try corpus.files() {
      guard case .shard = DataFolderEntry(path: path) else { continue }
      let found = try #require(try HeaderSearch.newest(in: source))
      let old = try #require(found.database)
      #expect(try !ShardIdentity.isRenewed(found, in: source, seed: Self.seed), "\(path)")

      let file = try renewed(source, found)
      let again = try #require(try HeaderSearch.newest(in: file))

      let new = try #require(again.database)
      #expect(again.offset.isMultiple(of: 4096) && again.offset >= found.end && again.end == file.byteCount)
      #expect(again.checksum == found.checksum && again.rawBytes.count == found.rawBytes.count)
      #expect(new.uuid == ShardIdentity.uuid(after: try #require(old.uuid), seed: Self.seed) && new.uuid != old.uuid)
      #expect(new.updateSeq == old.updateSeq && new.epochs == old.epochs && new.byID?.pointer == old.byID?.pointer)
      #expect(differences(found.rawBytes, again.rawBytes) <= 16 + 32, "\(path)")
      #expect(try ShardIdentity.isRenewed(again, in: file, seed: Self.seed))
      #expect(try !ShardIdentity.isRenewed(again, in: file, seed: "restore 2"))
      uuids[path] = new.uuid
    }
    #expect(Set(uuids.values).count == uuids.count)
  }

  private func differences(_ left: [UInt8], _ right: [UInt8]) -> Int { zip(left, right).count { $0 != $1 } }

  @Test(arguments: Subjects.odd)
  func `the proof finds nothing wrong with a shard of a new identity`(_ corpus: Corpus) throws {
    let files = try corpus.files()
    let dbs = try #require(files["_dbs.couch"])
    let partitioned = Set(try ShardMap(dbs, try #require(try HeaderSearch.newest(in: dbs))).live.filter(\.isPartitioned).map(\.database))
    for (path, source) in files {
      guard case .shard(let shard) = DataFolderEntry(path: path) else { continue }
      let found = try #require(try HeaderSearch.newest(in: source))
      let isPartitioned = partitioned.contains(shard.database)

      let file = try renewed(source, found)
      let before = try DatabaseProof.run(Prefix(source, byteCount: found.end), found, range: shard.range, isPartitioned: isPartitioned)
      let after = try DatabaseProof.run(
        file, try #require(try HeaderSearch.newest(in: file)), range: shard.range, isPartitioned: isPartitioned)
      #expect(after.findingCount == 0 && after.counts.documents == before.counts.documents && after.counts.bodies == before.counts.bodies)
    }
  }

  /// A database whose header has so many epochs that it takes several blocks.
  private func wide(_ checksum: ChecksumKind, epochs: Int) throws -> MemoryBytes {
    var database = FreshDatabase(checksum: checksum, uuid: String(repeating: "0", count: 32), node: try #require(NodeName("a@h")))
    database.epochs = (0..<epochs).map { .init(node: "couchdb@node-\(epochs - $0).local", updateSeq: epochs - $0) }
    database.documents = [FreshDocument(newID: "a", updateSeq: 1, body: TermBytes.object([]))]
    return MemoryBytes(try database.bytes())
  }

  @Test(arguments: ChecksumKind.allCases, [1, 100, 111, 112, 113, 114, 115, 116, 117, 118, 300])
  func `a header of any length is renewed and known again`(_ checksum: ChecksumKind, _ epochs: Int) throws {
    let source = try wide(checksum, epochs: epochs)
    let found = try #require(try HeaderSearch.newest(in: source))

    let file = try renewed(source, found)
    let again = try #require(try HeaderSearch.newest(in: file))

    #expect(again.offset > found.offset && again.checksum == checksum && again.database?.epochs == found.database?.epochs)
    #expect(try ShardIdentity.isRenewed(again, in: file, seed: Self.seed))
    #expect(try DatabaseProof.run(file, again, range: nil).findingCount == 0)
  }

  @Test
  func `a torn header leaves the old identity, and the whole one takes over`() throws {
    let source = try wide(.xxh3, epochs: 3)
    let found = try #require(try HeaderSearch.newest(in: source))
    let file = try renewed(source, found)

    for cut in found.end..<file.byteCount {
      let torn = MemoryBytes(Array(file.bytes[..<cut]))
      #expect(try HeaderSearch.newest(in: torn)?.offset == found.offset, "cut at \(cut)")
    }
  }

  @Test
  func `a header that is not a database's, or without a uuid, is not renewed`() throws {
    let corpus = try #require(Subjects.odd.first)
    let view = try #require(try corpus.files().first { $0.key.hasSuffix(".view") }).value
    let found = try #require(try HeaderSearch.newest(in: view))

    let error = #expect(throws: CouchFormatError.self) { try ShardIdentity.renewal(of: found, at: found.end, seed: "") }
    #expect(error?.kind == .headerUnexpected)
  }

  @Test
  func `the new uuid depends on the old one and on the seed, and on where one ends`() {
    let uuids = [("a", "b"), ("a", "c"), ("b", "b"), ("ab", ""), ("", "ab")].map { ShardIdentity.uuid(after: $0.0, seed: $0.1) }
    #expect(Set(uuids).count == uuids.count && uuids.allSatisfy { $0.count == 32 && Hex.decode($0) != nil })
    // printf 'a\0b' | sha256sum
    #expect(uuids[0] == "59b271ae1bbcb1d31d41929817f4b16f")
  }
}
