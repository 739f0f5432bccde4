import Deployments
import FoundationEssentials
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
      nodes: [
        .init(name: "couchdb@127.0.0.1", source: "/srv/couchdb"),
        .init(name: "couchdb@other", source: "/srv/other", state: ContentID(hashing: [7])),
      ],
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
  func `reads back what it writes`(_ files: Int) async throws {
    let manifest = manifest(files: files)

    #expect(try Manifest(text: await manifest.pieces().flatMap { $0 }) == manifest)
  }

  @Test(arguments: ["plain", "with \"quotes\"", "back\\slash", "höst", "tab\t", "delete\u{7F}", "slash/slash", ""])
  func `a file's line is what Foundation would write, and is read back`(_ name: String) async throws {
    var manifest = manifest(files: 9)
    for index in manifest.files.indices {
      manifest.files[index].path += name
      manifest.files[index].couch?.identity = index.isMultiple(of: 2) ? name : "12-3.4"
      if index == 3 { manifest.files[index].couch?.uuid = nil }
      if index == 4 { manifest.files[index].couch?.documents = nil }
      if index == 5 { manifest.files[index].size = -1 }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]

    let text = try await manifest.pieces().flatMap { $0 }

    let written = text.split(separator: UInt8(ascii: "\n")).suffix(manifest.files.count + 1).dropLast()
    #expect(
      try written.map { $0.last == UInt8(ascii: ",") ? Array($0.dropLast()) : Array($0) }
        == manifest.files.map { try [UInt8](encoder.encode($0)) })
    #expect(try Manifest(text: text) == manifest)
  }

  @Test(arguments: ["medic", "medic-user-ann+bob-meta", "with \"quotes\"", "höst", ""])
  func `a database's line is what Foundation would write, and is read back`(_ name: String) async throws {
    var manifest = manifest(files: 0)
    manifest.databases = [
      .init(name: name, q: 12, n: 3, shards: 36, documents: 7_000_000_000, deleted: 0, updateSeq: 1),
      .init(name: name, q: 1, n: 1, shards: -1),
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]

    let text = try await manifest.pieces().flatMap { $0 }

    let lines = text.split(separator: UInt8(ascii: "\n"))
    let start = try #require(lines.firstIndex { $0.elementsEqual(Array("\"databases\":[".utf8)) })
    #expect(lines[start + 1].dropLast().elementsEqual(try [UInt8](encoder.encode(manifest.databases[0]))))
    #expect(lines[start + 2].elementsEqual(try [UInt8](encoder.encode(manifest.databases[1]))))
    #expect(try Manifest(text: text) == manifest)
  }

  @Test func `a line of another shape is read all the same`() async throws {
    let text = try await String(decoding: manifest(files: 2).pieces().flatMap { $0 }, as: UTF8.self)

    for (usual, other) in [
      ("\"size\":4096", "\"size\": 4096"), ("\"size\":4096", "\"size\":4096,\"later\":[1]"), ("{\"couch\"", "{\"akiba\":{},\"couch\""),
      ("\"purge_seq\":0", "\"purge_seq\":0,\"purges\":null"),
    ] {
      let changed = text.replacing(usual, with: other)
      #expect(changed != text)
      #expect(try Manifest(text: Array(changed.utf8)).files == manifest(files: 2).files)
    }
    #expect(throws: ManifestError.self) {
      try Manifest(text: Array(text.replacing("\"size\":4096", with: "\"size\":40960000000000000000").utf8))
    }
  }

  @Test func `a snapshot made before sources were recorded is read without them`() async throws {
    let text = try await manifest(files: 1).pieces().flatMap { $0 }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.elementsEqual(Array("\"sources\":[".utf8)) })
    let end = try #require(lines[start...].firstIndex { $0.elementsEqual(Array("],".utf8)) })

    let read = try Manifest(text: Array((lines[..<start] + lines[(end + 1)...]).joined(separator: [UInt8(ascii: "\n")])))

    var expected = manifest(files: 1)
    expected.sources = []
    #expect(read == expected)
  }

  @Test func `one changed file changes one piece besides the head`() async throws {
    var changed = manifest(files: 2000)
    let before = Set(try await changed.pieces())
    changed.files[777].size += 1

    #expect(before.count > 10)
    #expect(Set(try await changed.pieces()).subtracting(before).count == 1)
  }

  @Test func `every cut of the text is refused, never trapped on`() async throws {
    let text = try await manifest(files: 3).pieces().flatMap { $0 }

    for end in 0..<text.count - 3 {
      #expect(throws: ManifestError.self) { try Manifest(text: Array(text[..<end])) }
    }
  }

  @Test func `a newer format is refused by its number`() async throws {
    var text = try await manifest(files: 1).pieces().flatMap { $0 }
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
