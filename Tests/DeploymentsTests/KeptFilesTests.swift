import Deployments
import Primitives
import TestSupport
import Testing

/// What is taken over from a stored manifest without being decoded.
struct KeptFilesTests {
  private let text: [UInt8]
  private let manifest: Manifest

  private static let node = "couchdb/couchdb@127.0.0.1/data"

  init() async throws {
    let couch = CouchRecord(
      kind: .database, headerOffset: 4096, tailSHA256: ContentID(hashing: [1]), identity: "1-2.3",
      sha256State: String(repeating: "0", count: 64), checksum: "xxh3", updateSeq: 7, purgeSeq: 0, uuid: "u", documents: 3, deleted: 0,
      diskVersion: 8)
    var view = couch
    view.kind = .view
    let shards = (0..<900).map { number in
      FileRecord(
        path: "\(Self.node)/shards/00000000-ffffffff/db\(number + 1000).1700000000.\(number % 5 == 0 ? "view" : "couch")",
        size: number * 4096, sha256: ContentID(hashing: Array("\(number)".utf8)),
        couch: number % 5 == 0 ? (number % 2 == 0 ? view : nil) : couch)
    }
    let others = [
      "cht/compose.yml", "couchdb/couchdb@127.0.0.1/local.d/a.ini", "upgrade-service/odd\nline", "upgrade-service/odd\"quote",
      "upgrade-service/z",
    ].map {
      FileRecord(path: $0, size: 12, sha256: ContentID(hashing: Array($0.utf8)))
    }
    manifest = Manifest(
      facts: .init(
        deployment: "cht", akibaVersion: "0", host: "host", started: "2026-03-01T00:00:00Z", frozen: "2026-03-01T00:00:01Z",
        ended: "2026-03-01T00:00:09Z", freezeWidthMilliseconds: 12.5, indexes: "keep", trusted: true),
      sources: [
        .init(.data, place: Self.node, path: "/srv/couchdb", node: "couchdb@127.0.0.1"), .init(.tls, place: "tls", path: "/v"),
        .init(.upgradeService, place: "upgrade-service", path: "/srv/cht"),
      ],
      databases: (0..<400).map { .init(name: "db\($0)", q: 2, n: 1) },
      files: (shards + others).sorted { $0.path < $1.path })
    text = try await manifest.pieces().flatMap { $0 }
  }

  /// As `manifest`, with the node's files kept from `text`.
  private func keeping() throws -> Manifest {
    var keeping = manifest
    keeping.files.removeAll { $0.path.hasPrefix(Self.node) }
    keeping.kept = [try #require(try ManifestText(text).files(below: Self.node))]
    return keeping
  }

  @Test func `they make the same pieces, checksums and totals as if they had been decoded`() async throws {
    let keeping = try keeping()

    #expect(keeping.files.count == 5)
    #expect(try await keeping.pieces() == manifest.pieces())
    #expect(Checksums.pieces(of: keeping) == Checksums.pieces(of: manifest))
    #expect(keeping.totals == manifest.totals)
    #expect(manifest.totals.files == 905 && manifest.totals.views == 90)
    #expect(manifest.totals.bytes == manifest.files.reduce(0) { $0 + $1.size })
  }

  @Test func `more bytes than there can be are as many as there can be`() {
    var manifest = manifest
    for index in manifest.files.indices { manifest.files[index].size = .max / 2 }

    #expect(manifest.totals.bytes == .max)
  }

  @Test func `pieces of the checksums are their text`() {
    #expect(Checksums.pieces(of: manifest).flatMap { $0 } == Checksums.text(of: manifest.files))
    #expect(Checksums.pieces(of: manifest).count > 3)
  }

  @Test func `one changed file or database changes one piece of each text it is in`() async throws {
    var changed = manifest
    let before = Set(try await manifest.pieces())
    let sums = Set(Checksums.pieces(of: manifest))
    changed.files[500].sha256 = ContentID(hashing: [9])

    #expect(before.count > 8)
    #expect(Set(try await changed.pieces()).subtracting(before).count == 1)
    #expect(Set(Checksums.pieces(of: changed)).subtracting(sums).count == 1)

    changed = manifest
    changed.databases[200].documents += 1
    #expect(Set(try await changed.pieces()).subtracting(before).count == 1)
  }

  @Test func `none is kept if one of them is of another shape, and all can be decoded`() throws {
    for (usual, other) in [
      ("db1500.", #"db\\1500."#), ("db1500.", #"db\"1500."#), ("{\"couch\"", "{\"later\":1,\"couch\""),
      ("\"size\":2048000", "\"size\": 2048000"),
    ] {
      let changed = try ManifestText(Array(String(decoding: text, as: UTF8.self).replacing(usual, with: other, maxReplacements: 1).utf8))

      #expect(try changed.files(below: Self.node)?.totals.files == (other.hasPrefix("{") ? 900 : nil), "\(other)")
      #expect(try changed.decoded().files.count == manifest.files.count)
      #expect(changed.head.files.isEmpty && changed.head.databases == manifest.databases)
    }
  }

  @Test func `what has files is told by either`() throws {
    var keeping = try keeping()
    #expect(manifest.storedSources.map(\.kind) == [.data, .upgradeService])
    #expect(keeping.storedSources == manifest.storedSources)

    keeping.kept = []
    #expect(keeping.storedSources.map(\.kind) == [.upgradeService])
  }

  @Test func `a folder whose name begins alike is another`() throws {
    let kept = try ManifestText(text).files(below: "couchdb/couchdb@127.0.0.1/da")

    #expect(kept?.totals.files == 0)
  }

  @Test func `nothing is kept of a text that was cut off`() {
    for end in text.count - 2000..<text.count - 3 {
      #expect((try? ManifestText(Array(text[..<end])).files(below: Self.node)) == nil, "\(end)")
    }
  }

  @Test func `what is kept of a line with a flipped bit is what its text says`() {
    var random = SeededRandom(seed: 7)
    let lines = text.count - 4000
    for _ in 0..<2000 {
      var text = text
      text[Int.random(in: lines..<text.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      guard let kept = try? ManifestText(text).files(below: Self.node), let decoded = try? ManifestText(text).decoded() else { continue }
      let files = decoded.files.filter { $0.path.hasPrefix(Self.node + "/") }
      #expect(kept.totals.files == files.count && kept.totals.bytes == files.reduce(0) { $0 + $1.size })
    }
  }
}
