import Backup
import Primitives
import Testing

struct CuttingTests {
  private let kib = 1 << 10
  private let mib = 1 << 20

  private func id(_ number: Int) -> ContentID { ContentID(hashing: Array("\(number)".utf8)) }

  private func known(_ lengths: [Int]) -> [(blob: ContentID, length: Int)] { lengths.enumerated().map { (id($0), $1) } }

  /// Pieces have to cover the file without gap or overlap, whatever else is true.
  private func expectCoverage(_ pieces: [Piece], of end: Int) {
    var offset = 0
    for piece in pieces {
      #expect(piece.range.lowerBound == offset)
      #expect(!piece.range.isEmpty)
      offset = piece.range.upperBound
    }
    #expect(offset == end)
  }

  @Test(arguments: [0, 1, 4095, 1 << 20, (1 << 20) + 1, 5 << 20])
  func `a new file is cut every mebibyte`(_ end: Int) {
    let pieces = Cutting.pieces(known: [], end: end)

    expectCoverage(pieces, of: end)
    #expect(pieces.allSatisfy { $0.blob == nil && $0.range.count <= Cutting.pieceSize })
    #expect(pieces.count == (end + mib - 1) / mib)
  }

  @Test func `new bytes are cut from where they start, not on a grid`() {
    let pieces = Cutting.pieces(known: known([mib, 300 * kib]), end: mib + 300 * kib + mib + 7)

    expectCoverage(pieces, of: 2 * mib + 300 * kib + 7)
    #expect(pieces.map { $0.blob != nil } == [true, true, false, false])
    #expect(pieces[2].range == mib + 300 * kib..<2 * mib + 300 * kib)
  }

  @Test func `up to 32 small pieces stay as they are`() {
    let pieces = Cutting.pieces(known: known(Array(repeating: 10 * kib, count: 32)), end: 320 * kib)

    #expect(pieces.allSatisfy { $0.blob != nil })
  }

  @Test func `more small pieces than that are merged, with what they were made of`() {
    let lengths = [mib] + Array(repeating: 100 * kib, count: 33) + [mib, 5 * kib]
    let end = lengths.reduce(0, +) + 9 * kib
    let pieces = Cutting.pieces(known: known(lengths), end: end)

    expectCoverage(pieces, of: end)
    #expect(pieces.count < 8)
    #expect(pieces.allSatisfy { $0.range.count <= mib })
    #expect(pieces[0].blob == id(0), "a large piece stays")
    let parts = pieces.flatMap(\.parts)
    #expect(parts.map(\.blob) == (1...33).map(id) + [id(35)])
    for piece in pieces { #expect(piece.parts.allSatisfy { piece.range.contains($0.range.lowerBound) }) }
  }

  @Test func `merging can be refused`() {
    let pieces = Cutting.pieces(known: known(Array(repeating: kib, count: 100)), end: 101 * kib, merging: false)

    #expect(pieces.count == 101)
    #expect(pieces.dropLast().allSatisfy { $0.blob != nil })
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `any history is covered, and merged at most once too often`(_ seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let lengths = (0..<next(80)).map { _ in 1 + next(next(3) == 0 ? mib : 200 * kib) }
    let end = lengths.reduce(0, +) + next(3 * mib)
    let pieces = Cutting.pieces(known: known(lengths), end: end)

    expectCoverage(pieces, of: end)
    #expect(pieces.allSatisfy { $0.range.count <= max(mib, lengths.max() ?? 0) })
    #expect(pieces.allSatisfy { $0.blob == nil || $0.parts.isEmpty })
  }
}
