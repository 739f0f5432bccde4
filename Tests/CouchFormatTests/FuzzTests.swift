import CouchFormat
import Primitives
import Testing

/// Random bytes and randomly changed terms: everything may throw, nothing may trap or run long.
struct FuzzTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `whatever the bytes, reading ends`(_ seed: UInt64) throws {
    var random = Seeded(seed)
    let corpus = Subjects.odd[Int(seed) % Subjects.odd.count]
    let files = try corpus.files().filter { $0.value.byteCount < 40_000 }.sorted { $0.key < $1.key }
    for _ in 0..<12 {
      let source = try #require(files.randomElement(using: &random)).value
      var bytes = source.bytes
      // Whole runs change, lengths grow and shrink: headers stay intact, so that walks begin.
      let header = try HeaderSearch.newest(in: source)
      for _ in 0..<Int.random(in: 1...30, using: &random) {
        let offset = Int.random(in: 0..<min(bytes.count, header?.offset ?? bytes.count).advanced(by: 1), using: &random)
        guard offset < bytes.count, offset < header?.offset ?? .max else { continue }
        bytes[offset] = [0, 1, 0x7f, 0x80, 0xff, 104, 108, 109, 131].randomElement(using: &random) ?? 0
      }
      readEverything(MemoryBytes(bytes), "seed \(seed)")
    }
  }

  private func readEverything(_ source: MemoryBytes, _ comment: String) {
    guard let header = try? HeaderSearch.newest(in: source) else { return }
    if header.view != nil {
      _ = try? ViewProof.run(source, header, signature: nil, rawViews: [0, 1, 2])
    } else {
      _ = try? DatabaseProof.run(source, header, range: nil)
      _ = try? ShardMap(source, header)
      if let file = try? DatabaseFile(source, header) { _ = try? DatabaseAnswers([AnswerShard(file: file)]) }
    }
  }

  @Test(arguments: 100...140 as ClosedRange<UInt64>)
  func `random terms are decoded or refused`(_ seed: UInt64) {
    var random = Seeded(seed)
    let tags: [UInt8] = [70, 97, 98, 99, 100, 104, 105, 106, 107, 108, 109, 110, 111, 115, 116, 118, 119, 0, 1, 2, 4, 255]
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in tags.randomElement(using: &random) ?? 0 }
      let term = EncodedTerm(bytes, bytes.indices)
      for style in [JSONWriter.Style.couch, .canonical] {
        var writer = JSONWriter(style)
        try? writer.term(term)
      }
      var cursor = term.cursor
      _ = try? cursor.skipTerm()
      _ = try? DesignDocument(id: "_design/x", body: term)
      _ = try? TermCompression.term(in: bytes, bytes.indices)
      let entry = TreeEntry(bytes: bytes, key: 0..<bytes.count / 2, value: bytes.count / 2..<bytes.count, node: 0)
      _ = try? FullDocument(entry, in: .byID)
      _ = try? FullDocument(entry, in: .bySequence)
      _ = try? ViewRow(entry)
      _ = try? LocalDocument(entry)
      _ = try? PurgeInfo(entry, in: .purges)
    }
  }
}
