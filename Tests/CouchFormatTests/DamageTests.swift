import CouchFormat
import Foundation
import Primitives
import Testing

/// What damage does: never a trap, never a loop, and found where it lies in something that is reached.
struct DamageTests {
  private struct Sample {
    let path: String
    let source: MemoryBytes
    let header: FoundHeader
    let range: HashRange?
  }

  /// The smallest shard of a database of the always present corpus.
  private func sample(_ database: String, below limit: Int = 60_000) throws -> Sample {
    let files = try Subjects.odd[0].files()
    let candidates = files.filter { $0.key.contains("/\(database).") && $0.value.byteCount < limit }
    let (path, source) = try #require(candidates.max { $0.value.byteCount < $1.value.byteCount })
    let header = try #require(try HeaderSearch.newest(in: source))
    return Sample(path: path, source: source, header: header, range: ShardPath(path)?.range)
  }

  private func proof(_ bytes: [UInt8], _ range: HashRange?) throws -> FileProof? {
    let source = MemoryBytes(bytes)
    guard let header = try HeaderSearch.newest(in: source) else { return nil }
    if header.view != nil { return try ViewProof.run(source, header, signature: nil) }
    return try DatabaseProof.run(source, header, range: range)
  }

  /// Everything reading does; damage may throw, nothing may trap.
  private func readAll(_ bytes: [UInt8]) {
    let source = MemoryBytes(bytes)
    guard let header = try? HeaderSearch.newest(in: source) else { return }
    if let view = header.view {
      for state in view.views {
        guard var walk = try? TreeWalk(Chunks(source), root: state.root, kind: .viewRows(isRaw: true)) else { continue }
        while let entry = try? walk.next() { _ = try? ViewRow(entry) }
      }
    } else if let file = try? DatabaseFile(source, header) {
      _ = try? DatabaseAnswers([AnswerShard(file: file)])
      _ = try? file.purges()
      _ = try? ShardMap(source, header)
    }
  }

  @Test
  func `cut at any byte, a file is its older self, or has no header, or is damaged`() throws {
    let sample = try sample("odd-purge2")
    let whole = sample.source.bytes
    let headers = try HeaderSearch.all(in: sample.source).headers
    for cut in stride(from: 0, through: whole.count, by: 37) {
      let newest = try HeaderSearch.newest(in: MemoryBytes(Array(whole[..<cut])))
      #expect(newest?.offset == headers.last { $0.end <= cut }?.offset, "cut at \(cut)")
    }
    for header in headers {
      let proof = try #require(try proof(Array(whole[..<header.end]), sample.range))
      #expect(proof.findingCount == 0, "as of the header at \(header.offset)")
      #expect(try HeaderSearch.newest(in: MemoryBytes(Array(whole[..<(header.end - 1)])))?.offset != header.offset)
    }
  }

  @Test(arguments: ["odd-purge2", "medic-user-ann-meta"])
  func `a flipped bit in whatever the header reaches is found`(_ database: String) throws {
    let sample = try sample(database)
    let reached = try reachedRanges(sample)
    var random = Seeded(7)
    var missed: [Int] = []
    var tried = 0
    for range in reached {
      for offset in range where !offset.isMultiple(of: 4096) {
        var bytes = sample.source.bytes
        bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        tried += 1
        // A broken header makes an older one the newest: a caller who froze this one sees that.
        guard let proof = try proof(bytes, sample.range), proof.updateSeq == sample.header.database?.updateSeq else { continue }
        if proof.findingCount == 0 { missed.append(offset) }
      }
    }
    #expect(tried > 800)
    // Whatever is left unseen changes nothing that can be read, as two spellings of one snappy tag.
    #expect(missed.count <= 2, "\(missed.count) of \(tried): \(missed.prefix(20))")
  }

  /// Header, summaries and tree nodes of a small database.
  private func reachedRanges(_ sample: Sample) throws -> [Range<Int>] {
    let file = try DatabaseFile(sample.source, sample.header)
    let chunks = file.chunks()
    var ranges = [sample.header.offset + 1..<sample.header.end]
    var nodes: Set<Int> = []
    for (root, kind) in [
      (file.header.byID, TreeKind.byID), (file.header.bySequence, .bySequence), (file.header.purgesBySequence, .purgesBySequence),
    ] {
      if let root { nodes.insert(root.pointer) }
      var walk = try TreeWalk(chunks, root: root, kind: kind)
      while let entry = try walk.next() { nodes.insert(entry.node) }
    }
    try file.forEachDocument(chunks) { document in
      nodes.formUnion(document.tree.revisions.compactMap(\.stored?.pointer))
      return true
    }
    for pointer in nodes { ranges.append(pointer..<(try chunks.chunk(at: pointer).end)) }
    return ranges
  }

  @Test
  func `a flipped bit in an attachment is found, though CouchDB serves it`() throws {
    let sample = try sample("odd-toggled")
    let file = try DatabaseFile(sample.source, sample.header)
    let chunks = file.chunks()
    var piece: CouchFormat.Attachment.Piece?
    try file.forEachDocument(chunks) { document in
      for stored in document.tree.revisions.compactMap(\.stored) {
        let summary = try Summary(try chunks.chunk(at: stored.pointer))
        piece = piece ?? summary.attachments.first?.pieces.first
      }
      return true
    }
    guard let piece else { return }  // the other shard has it
    var bytes = sample.source.bytes
    bytes[piece.pointer + 6] ^= 4

    let proof = try #require(try proof(bytes, sample.range))
    #expect(proof.findings.map(\.kind) == [.attachmentMD5])
    #expect(proof.findings.first?.document != nil && proof.findings.first?.offset == piece.pointer)
  }

  @Test(arguments: ["odd-purge2", "odd-atts", "_dbs", "odd-compacted"])
  func `a flip at any byte never traps and never hangs`(_ database: String) throws {
    let files = try Subjects.odd[0].files()
    let name = database == "_dbs" ? "_dbs.couch" : try sample(database, below: 1 << 20).path
    let whole = try #require(files[name]).bytes
    let step = max(1, whole.count / 400)
    var random = Seeded(11)
    for offset in stride(from: 0, to: whole.count, by: step) {
      var bytes = whole
      bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      _ = try? proof(bytes, nil)
      if offset % (step * 4) == 0 { readAll(bytes) }
    }
  }

  @Test
  func `a file in the wrong place is told by its documents`() throws {
    let sample = try sample("odd-purge2")
    let range = try #require(sample.range)
    let other = range.first == 0 ? HashRange(first: 0x8000_0000, last: .max) : HashRange(first: 0, last: 0x7fff_ffff)

    let proof = try DatabaseProof.run(sample.source, sample.header, range: other)
    #expect(proof.findingCount == proof.counts.documents && proof.counts.documents > 0)
    #expect(Set(proof.findings.map(\.kind)) == [.documentOutsideRange])
  }

  @Test
  func `findings are kept up to a limit and counted beyond`() throws {
    let sample = try sample("odd-purge2")

    let proof = try DatabaseProof.run(sample.source, sample.header, range: HashRange(first: 1, last: 1), limit: 2)
    #expect(proof.findings.count == 2 && proof.findingCount > 2 && proof.errorCount == proof.findingCount && !proof.isClean)
  }

  @Test
  func `a cancelled proof ends with that`() throws {
    let sample = try sample("odd-purge2")

    let error = #expect(throws: CouchFormatError.self) {
      try DatabaseProof.run(sample.source, sample.header, range: nil) { true }
    }
    #expect(error?.kind == .cancelled)
  }

  @Test
  func `bytes behind the header are a warning`() throws {
    let sample = try sample("odd-purge2")

    let proof = try #require(try proof(sample.source.bytes + [UInt8](repeating: 9, count: 5000), sample.range))
    #expect(proof.isClean && proof.findings.map(\.kind) == [.trailingBytes] && proof.findings.first?.offset == sample.header.end)
  }

  @Test
  func `an index under another name, or with rows that no document emitted, is found`() throws {
    let files = try Subjects.odd[0].files()
    var found = 0
    var tried = 0
    for (path, source) in files where path.contains("/odd-compacted.") && path.hasSuffix(".view") {
      let header = try #require(try HeaderSearch.newest(in: source))
      let wrong = try ViewProof.run(Prefix(source, byteCount: header.end), header, signature: "0")
      #expect(wrong.findings.map(\.kind) == [.viewSignature], "\(path)")
      guard let root = header.view?.ids else { continue }
      let chunks = Chunks(source)
      var walk = try TreeWalk(chunks, root: root, kind: .viewIDs)
      let entry = try #require(try walk.next())
      let chunk = try chunks.chunk(at: entry.node)
      for offset in stride(from: chunk.pointer + 4, to: chunk.end, by: 3) where !offset.isMultiple(of: 4096) {
        var bytes = source.bytes
        bytes[offset] ^= 1
        tried += 1
        if try proof(bytes, nil)?.findingCount != 0 { found += 1 }
      }
    }
    #expect(tried > 100 && Double(found) > Double(tried) * 0.9, "\(found) of \(tried)")
  }
}
