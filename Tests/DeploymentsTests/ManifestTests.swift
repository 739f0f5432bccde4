import Deployments
import Primitives
import Testing

struct ManifestTests {
  private func manifest(files: Int) -> Manifest {
    Manifest(
      facts: .init(
        deployment: "cht \"north\"", akibaVersion: "0", host: "höst", started: "2026-03-01T00:00:00Z", frozen: "2026-03-01T00:00:01Z",
        ended: "2026-03-01T00:00:09Z", freezeWidthMilliseconds: 12.5, indexes: "keep", trusted: true),
      sources: [
        .init(.data, place: "couchdb/n/data", path: "/srv/couchdb", node: "n"),
        .init(.tls, place: "tls", path: "/v", volume: "cht_cht-ssl"),
      ],
      nodes: [.init(name: "couchdb@127.0.0.1", source: "/srv/couchdb")],
      databases: [.init(name: "medic", q: 12, n: 1, shards: 12, documents: 5, deleted: 1, updateSeq: 9)],
      findings: [.init(severity: "warning", kind: "shard-orphan", file: "a", message: "line\nbreak", remedy: "none")],
      leftOut: [.init(path: "x", reason: "y")],
      files: (0..<files).map { number in
        FileRecord(
          path: "couchdb/n/data/shards/00000000-ffffffff/db\(number).1700000000.couch", size: number * 4096,
          sha256: ContentID(hashing: Array("\(number)".utf8)),
          couch: number.isMultiple(of: 7)
            ? nil
            : CouchRecord(
              kind: .database, headerOffset: 4096, tailSHA256: ContentID(hashing: [1]), identity: "1-2.3",
              sha256State: String(repeating: "0", count: 64),
              checksum: "xxh3", updateSeq: number, purgeSeq: 0, uuid: "u", documents: 3, deleted: 0, diskVersion: 8))
      })
  }

  @Test(arguments: [0, 1, 2, 500])
  func `reads back what it writes`(_ files: Int) throws {
    let manifest = manifest(files: files)

    #expect(try Manifest(text: manifest.pieces().flatMap { $0 }) == manifest)
  }

  @Test func `a snapshot made before sources were recorded is read without them`() throws {
    let text = try manifest(files: 1).pieces().flatMap { $0 }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.elementsEqual(Array("\"sources\":[".utf8)) })
    let end = try #require(lines[start...].firstIndex { $0.elementsEqual(Array("],".utf8)) })

    let read = try Manifest(text: Array((lines[..<start] + lines[(end + 1)...]).joined(separator: [UInt8(ascii: "\n")])))

    var expected = manifest(files: 1)
    expected.sources = []
    #expect(read == expected)
  }

  @Test func `one changed file changes one piece besides the head`() throws {
    var changed = manifest(files: 2000)
    let before = Set(try changed.pieces())
    changed.files[777].size += 1

    #expect(before.count > 10)
    #expect(Set(try changed.pieces()).subtracting(before).count == 1)
  }

  @Test func `every cut of the text is refused, never trapped on`() throws {
    let text = try manifest(files: 3).pieces().flatMap { $0 }

    for end in 0..<text.count - 3 {
      #expect(throws: ManifestError.self) { try Manifest(text: Array(text[..<end])) }
    }
  }

  @Test func `a newer format is refused by its number`() throws {
    var text = try manifest(files: 1).pieces().flatMap { $0 }
    text.replaceSubrange(9..<10, with: Array("99".utf8))

    let error = #expect(throws: ManifestError.self) { try Manifest(text: text) }
    #expect(error?.kind == .newerFormat)
    #expect(error?.summary.contains("format 99") == true)
  }

  @Test func `checksums are written as sha256sum reads them`() {
    let records = [
      FileRecord(path: "a b", size: 0, sha256: ContentID(hashing: [])),
      FileRecord(path: "odd\n\\", size: 0, sha256: ContentID(hashing: [])),
    ]
    let empty = ContentID(hashing: []).hex

    #expect(String(decoding: Checksums.text(of: records), as: UTF8.self) == "\(empty)  ../a b\n\\\(empty)  ../odd\\n\\\\\n")
  }
}
