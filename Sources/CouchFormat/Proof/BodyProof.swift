import Crypto

/// Proves what documents point at: summaries by their checksum, attachments by length and MD5, each once.
struct BodyProof {
  private let chunks: Chunks
  private let log: FindingLog
  /// Where the header is: what it refers to lies before.
  private let below: Int
  /// No byte is reached twice, so nothing read can exceed the file.
  private var budget: Int
  private(set) var counts = FileProof.Counts()

  init(_ chunks: Chunks, _ log: FindingLog, below: Int) {
    self.chunks = chunks
    self.log = log
    self.below = below
    budget = chunks.blocks.byteCount
  }

  mutating func prove(_ document: FullDocument) throws {
    var seen: Set<Stored> = []
    for revision in document.tree.revisions {
      if revision.isLeaf {
        counts.leaves += 1
        if revision.stored == nil {
          log.add(.documentUndecodable, document: document.id, "revision \(document.tree.rev(revision)) has no body")
        }
      }
      guard let stored = revision.stored else { continue }
      guard let summary = try summary(stored, document, revision), !summary.attachments.isEmpty else { continue }
      for attachment in summary.attachments where seen.insert(Stored(attachment)).inserted { try prove(attachment, of: document) }
    }
  }

  private mutating func summary(
    _ stored: RevisionTree.Stored, _ document: FullDocument, _ revision: RevisionTree.Revision
  ) throws -> Summary? {
    do {
      guard stored.pointer < below else { throw CouchFormatError(.childAfterParent, "its body lies after the header") }
      let chunk = try chunks.chunk(at: stored.pointer)
      try spend(chunk.diskLength, at: stored.pointer)
      guard let kind = chunk.checksum else { throw CouchFormatError(.checksumMismatch, "its body carries no checksum") }
      let summary = try Summary(chunk)
      try Self.checkBody(summary.body)
      counts.bodies += 1
      counts.bodiesByChecksum[kind, default: 0] += 1
      return summary
    } catch let error as CouchFormatError {
      let code: FindingKind = error.kind == .checksumMismatch ? .summaryChecksum : .summaryUndecodable
      log.add(
        code, at: error.offset ?? stored.pointer, document: document.id, "revision \(document.tree.rev(revision)): \(error.detail)")
      return nil
    }
  }

  /// An object, and nothing after it.
  private static func checkBody(_ body: EncodedTerm) throws(CouchFormatError) {
    var cursor = body.cursor
    try cursor.skipTerm()
    guard cursor.isAtEnd else { throw .term("bytes after a body") }
    cursor = body.cursor
    try cursor.readTuple(of: 1)
    _ = try cursor.readItems()
  }

  private mutating func prove(_ attachment: Attachment, of document: FullDocument) throws {
    do {
      try spend(attachment.encodedLength, at: attachment.pieces.first?.pointer)
      var hash = Insecure.MD5()
      try AttachmentReader.visitStored(attachment, chunks) { hash.update(bufferPointer: $0) }
      counts.attachments += 1
      counts.attachmentBytes += attachment.encodedLength
      guard !attachment.md5.isEmpty, !hash.finalize().elementsEqual(attachment.md5) else { return }
      log.add(
        .attachmentMD5, at: attachment.pieces.first?.pointer, document: document.id,
        "attachment '\(attachment.name)' does not match its MD5; CouchDB serves it all the same")
    } catch let error as CouchFormatError {
      log.add(.attachmentLength, at: error.offset, document: document.id, "attachment '\(attachment.name)': \(error.detail)")
    }
  }

  private mutating func spend(_ bytes: Int, at offset: Int?) throws(CouchFormatError) {
    guard bytes >= 0, bytes <= budget else { throw CouchFormatError(.treeTooLarge, at: offset, "more bytes of bodies than the file has") }
    budget -= bytes
  }

  /// What makes two attachments of one document the same bytes.
  private struct Stored: Hashable {
    let pieces: [Attachment.Piece]
    let md5: [UInt8]
    let length: Int

    init(_ attachment: Attachment) {
      pieces = attachment.pieces
      md5 = attachment.md5
      length = attachment.encodedLength
    }
  }
}
