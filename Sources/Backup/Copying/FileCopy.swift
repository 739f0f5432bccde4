import Deployments
import Files
import Primitives
import Repositories
import ResticFormat

/// The second pass for one frozen file: reads what the repository does not have, from the descriptor held since the freeze.
struct FileCopy {
  enum Failure: Error {
    /// The bytes under the header changed: an index was reset, or the file was replaced after its descriptor had to be closed.
    case changed(String)
    /// Stored bytes of an unchanged generation read differently now.
    case rotted(range: Range<Int>)
  }

  let file: FrozenFile
  let source: any RandomAccess
  let pieces: [Piece]

  /// - Parameter isStored: whether every location has a blob.
  /// - Parameter merging: `false` when the bytes on disk turned out not to be those that are stored.
  init(_ file: FrozenFile, source: any RandomAccess, merging: Bool, isStored: (ContentID) -> Bool) {
    self.file = file
    self.source = source
    pieces = Self.plan(file, merging: merging, isStored: isStored)
  }

  /// The known beginning counts only as a whole: its blobs have to be stored everywhere and add up.
  ///
  /// A file that looks like the known one and lies in another inode (a restored or moved deployment, a compaction that changed little) is
  /// read, but cut where the known one was: what is equal is found again and not stored twice.
  private static func plan(_ file: FrozenFile, merging: Bool, isStored: (ContentID) -> Bool) -> [Piece] {
    guard let known = file.remembered, known.blobs.reduce(0, { $0 + $1.length }) == known.record.size,
      known.blobs.allSatisfy({ isStored($0.blob) })
    else { return Cutting.pieces(known: [], end: file.end) }
    let pieces = Cutting.pieces(known: known.blobs, end: file.end, merging: merging && file.isSameFile)
    return file.isSameFile ? pieces : pieces.map { Piece($0.range) }
  }

  /// Reads each missing piece in order and hands it over, then makes sure that the file was the same all the while.
  ///
  /// - Parameter body: gets the piece's number, its bytes, and their SHA-256 where that was worked out anyway.
  /// - Returns: the digest of the whole file and the state to go on from.
  func run(
    _ body: (_ number: Int, _ bytes: [UInt8], _ id: ContentID?) async throws -> Void
  ) async throws -> (digest: ContentID, state: RunningSHA256.State) {
    var running = try resumed()
    for (number, piece) in pieces.enumerated() where piece.blob == nil {
      try Task.checkCancellation()
      let bytes = try source.bytes(at: piece.range.lowerBound, count: piece.range.count)
      guard bytes.count == piece.range.count else { throw Failure.changed("it is shorter than at the freeze") }
      try compareParts(of: piece, bytes)
      if piece.range.upperBound > running.byteCount {
        let known = running.byteCount - piece.range.lowerBound
        bytes.withUnsafeBytes { running.update(UnsafeRawBufferPointer(rebasing: $0[known...])) }
      }
      // A file of one piece is hashed once.
      try await body(number, bytes, piece.range == 0..<running.byteCount ? running.digest : nil)
    }
    try checkHeader()
    return (running.digest, running.state)
  }

  /// The digest of what is known goes on from its kept state; the up to 63 bytes after that are read again.
  private func resumed() throws -> RunningSHA256 {
    guard file.isSameFile, pieces.first?.blob != nil || pieces.first?.parts.isEmpty == false, let known = file.remembered,
      let couch = known.record.couch,
      let state = RunningSHA256.State(
        hex: couch.sha256State, byteCount: known.record.size / RunningSHA256.blockSize * RunningSHA256.blockSize)
    else { return RunningSHA256() }
    var running = RunningSHA256(resuming: state)
    running.update(try source.bytes(at: state.byteCount, count: known.record.size - state.byteCount))
    guard running.byteCount == known.record.size else { throw Failure.changed("it is shorter than at the freeze") }
    return running
  }

  /// Merging reads bytes that are stored already: a chance to see what CouchDB cannot, that they changed.
  private func compareParts(of piece: Piece, _ bytes: [UInt8]) throws {
    for part in piece.parts {
      let start = part.range.lowerBound - piece.range.lowerBound
      guard ContentID(hashing: Array(bytes[start..<start + part.range.count])) == part.blob else { throw Failure.rotted(range: part.range) }
    }
  }

  private func checkHeader() throws {
    guard
      try Fingerprint.tail(
        of: source, header: file.facts.offset, end: file.facts.end, isIndex: file.entry.isIndex) == file.facts.tail
    else { throw Failure.changed("its header changed after the freeze") }
  }
}
