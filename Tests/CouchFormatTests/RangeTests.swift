import CouchFormat
import Foundation
import Primitives
import Synchronization
import Testing

/// Looking up documents by range of ids, against a walk over all of them.
struct RangeTests {
  @Test(arguments: Subjects.all)
  func `a range of ids holds what a walk finds between its ends`(_ corpus: Corpus) throws {
    var random = Seeded(7)
    var found = 0
    for (_, shards) in try corpus.shards(in: try corpus.files()).sorted(by: { $0.key < $1.key }) {
      for shard in shards.prefix(3) {
        let chunks = shard.file.chunks()
        var all: [String] = []
        try shard.file.forEachDocument(chunks) { document in
          if !document.isDeleted { all.append(document.id) }
          return true
        }
        for _ in 0..<6 {
          let ends = [all.randomElement(using: &random) ?? "a", all.randomElement(using: &random) ?? "m"]
            .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
          let ids = try shard.file.documents(from: ends[0], to: ends[1], chunks).map(\.id)
          let expected = all.filter { id in
            !Array(id.utf8).lexicographicallyPrecedes(Array(ends[0].utf8)) && Array(id.utf8).lexicographicallyPrecedes(Array(ends[1].utf8))
          }
          #expect(ids == expected, "\(ends)")
          found += ids.count
        }
        #expect(try shard.file.documents(from: "", to: "\u{10FFFF}\u{10FFFF}", chunks).count == all.count)
      }
    }
    #expect(found > 0)
  }

  @Test func `documents by prefix come with their bodies`() throws {
    let corpus = try #require(Subjects.odd.first)
    let shards = try #require(try corpus.shards(in: try corpus.files())["odd-views"])
    var bodies: [String] = []
    var walked: [String] = []
    for shard in shards {
      let chunks = shard.file.chunks()
      try shard.file.forEachDocument(chunks) { document in
        if document.id.hasPrefix("_design/"), !document.isDeleted { walked.append(document.id) }
        return true
      }
      for document in try shard.file.documents(prefix: "_design/", chunks) {
        bodies.append(String(decoding: try #require(try shard.file.json(of: document, chunks)), as: UTF8.self))
      }
    }

    #expect(walked.count > 6 && bodies.count == walked.count)
    for (id, body) in zip(walked, bodies) { #expect(body.hasPrefix(#"{"_id":"\#(id)","_rev":""#)) }
  }

  @Test func `a small range reads few bytes of a large file`() throws {
    let sources = try Subjects.large.prefix(1).flatMap { try $0.files() } + Subjects.odd.prefix(1).flatMap { try $0.files() }
    let (path, source) = try #require(
      sources.filter { ShardPath($0.key) != nil }.max { $0.value.byteCount < $1.value.byteCount })
    let counted = CountingBytes(source)
    let file = try DatabaseFile(counted, try #require(try HeaderSearch.newest(in: source)))

    _ = try file.documents(prefix: "upgrade_log:", file.chunks())

    #expect(counted.count.withLock { $0 } < max(source.byteCount / 4, 200_000), "\(path) of \(source.byteCount) bytes")
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `damaged trees end a range, they never trap`(_ seed: UInt64) throws {
    var random = Seeded(seed)
    let files = try Subjects.odd[Int(seed) % Subjects.odd.count].files().filter { ShardPath($0.key) != nil && $0.value.byteCount < 80_000 }
      .sorted { $0.key < $1.key }
    for _ in 0..<60 {
      let source = try #require(files.randomElement(using: &random)).value
      guard let header = try HeaderSearch.newest(in: source) else { continue }
      var bytes = source.bytes
      for _ in 0..<20 { bytes[Int.random(in: 0..<max(1, header.offset), using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random) }
      let file = try DatabaseFile(MemoryBytes(bytes), header)
      let documents = (try? file.documents(from: "", to: "~", file.chunks())) ?? []
      for document in documents { _ = try? file.json(of: document, file.chunks()) }
    }
  }
}

/// Counts the bytes read.
private final class CountingBytes: RandomAccess {
  private let source: MemoryBytes
  let count = Mutex(0)

  init(_ source: MemoryBytes) { self.source = source }

  var byteCount: Int { source.byteCount }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    count.withLock { $0 += buffer.count }
    return source.read(at: offset, into: buffer)
  }
}
