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
      databases: (0..<400).map { .init(name: "db\($0)", q: 2, n: 1) },
      files: (shards + others).sorted { $0.path < $1.path })
    text = try await manifest.pieces().flatMap { $0 }
  }

  /// As `manifest`, with the node's files kept from `text`.
  private func keeping() throws -> Manifest {
    var keeping = manifest
    keeping.files.removeAll { $0.path.hasPrefix(Self.node) }
    keeping.kept = [try #require(try ManifestText(usual).files(below: Self.node))]
    return keeping
  }

  /// Without the files whose names have escapes.
  private var usual: [UInt8] { without("odd") }

  private func without(_ name: String) -> [UInt8] {
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    return Array(lines.filter { !$0.contains(name) }.joined(separator: "\n").utf8)
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

  @Test func `none is kept of a text with a line of another shape, and all can be decoded`() throws {
    let other = try ManifestText(text)

    #expect(try other.files(below: Self.node) == nil)
    for odd in [#"odd\n"#, #"odd\""#] {
      #expect(try ManifestText(without(odd)).files(below: Self.node) == nil, "\(odd)")
    }
    #expect(try other.decoded() == manifest)
    #expect(other.head.files.isEmpty && other.head.databases == manifest.databases)
  }

  @Test func `a folder whose name begins alike is another`() throws {
    let kept = try ManifestText(usual).files(below: "couchdb/couchdb@127.0.0.1/da")

    #expect(kept?.totals.files == 0)
  }

  @Test func `nothing is kept of a text that was cut off`() {
    let usual = usual
    for end in usual.count - 2000..<usual.count - 3 {
      #expect((try? ManifestText(Array(usual[..<end])).files(below: Self.node)) == nil, "\(end)")
    }
  }

  @Test func `what is kept of a line with a flipped bit is what its text says`() {
    var random = SeededRandom(seed: 7)
    let usual = usual
    let lines = usual.count - 4000
    for _ in 0..<2000 {
      var text = usual
      text[Int.random(in: lines..<usual.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      guard let kept = try? ManifestText(text).files(below: Self.node), let decoded = try? ManifestText(text).decoded() else { continue }
      let files = decoded.files.filter { $0.path.hasPrefix(Self.node + "/") }
      #expect(kept.totals.files == files.count && kept.totals.bytes == files.reduce(0) { $0 + $1.size })
    }
  }
}
