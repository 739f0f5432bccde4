package import Primitives

/// A file's bytes as pieces, each stored as one blob: design decision 3.
///
/// New bytes are cut every 1 MiB from where they start. There is no fixed grid: a grid would store the last, changed piece of
/// every shard again at each run.
package struct Piece: Equatable, Sendable {
  package let range: Range<Int>
  /// The blob that holds it; `nil` if it has to be read and stored.
  package let blob: ContentID?
  /// The known pieces a merged one is made of: what is read has to be them.
  package let parts: [Part]

  package init(_ range: Range<Int>, blob: ContentID? = nil, parts: [Part] = []) {
    self.range = range
    self.blob = blob
    self.parts = parts
  }

  package struct Part: Equatable, Sendable {
    package let range: Range<Int>
    package let blob: ContentID
  }
}

package enum Cutting {
  /// Bytes of a piece; the last of a run's new bytes is shorter.
  package static let pieceSize = 1 << 20
  /// A piece below this is small: half a run's usual piece.
  static let smallPiece = 512 << 10
  /// A file with more small pieces than this has them merged.
  static let mostSmallPieces = 32

  /// - Parameters:
  ///   - known: the blobs of the bytes before the new ones, in order, with their lengths.
  ///   - end: the file's size in bytes.
  ///   - merging: whether many small pieces become few.
  package static func pieces(known: [(blob: ContentID, length: Int)], end: Int, merging: Bool = true) -> [Piece] {
    var pieces: [Piece] = []
    var offset = 0
    for (blob, length) in known {
      pieces.append(Piece(offset..<offset + length, blob: blob))
      offset += length
    }
    while offset < end {
      let next = min(offset + pieceSize, end)
      pieces.append(Piece(offset..<next))
      offset = next
    }
    return merging && pieces.count { isSmall($0) } > mostSmallPieces ? merged(pieces) : pieces
  }

  private static func isSmall(_ piece: Piece) -> Bool { piece.range.count < smallPiece }

  /// Neighbouring small pieces become one, as long as it fits into `pieceSize`.
  private static func merged(_ pieces: [Piece]) -> [Piece] {
    var merged: [Piece] = []
    var run: [Piece] = []
    func flush() {
      if run.count > 1, let first = run.first, let last = run.last {
        let parts = run.compactMap { piece in piece.blob.map { Piece.Part(range: piece.range, blob: $0) } }
        merged.append(Piece(first.range.lowerBound..<last.range.upperBound, parts: parts))
      } else {
        merged += run
      }
      run = []
    }
    for piece in pieces {
      let length = run.reduce(piece.range.count) { $0 + $1.range.count }
      if !isSmall(piece) || length > pieceSize { flush() }
      if isSmall(piece) { run.append(piece) } else { merged.append(piece) }
    }
    flush()
    return merged
  }
}
