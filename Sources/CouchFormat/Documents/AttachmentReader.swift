import CZlib

/// An attachment's bytes out of its chunks, as stored or decoded.
package enum AttachmentReader {
  private static let window = 64 << 10

  /// Visits the bytes as stored.
  ///
  /// - Throws: `attachmentInvalid` where a chunk has another length than its row says, before anything larger than the file is read.
  package static func visitStored(
    _ attachment: Attachment, _ chunks: Chunks, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var left = attachment.encodedLength
    for piece in attachment.pieces {
      guard piece.length >= 0, piece.length <= left else {
        throw CouchFormatError(.attachmentInvalid, at: piece.pointer, "attachment pieces longer than the attachment")
      }
      left -= piece.length
      guard try chunks.visitPayload(at: piece.pointer, body) == piece.length else {
        throw CouchFormatError(.attachmentInvalid, at: piece.pointer, "an attachment piece of another length than its row says")
      }
    }
    guard left == 0 else { throw CouchFormatError(.attachmentInvalid, "\(left) bytes of an attachment are missing") }
  }

  /// Visits the bytes as a GET gives them: unpacked if stored gzipped.
  package static func visitDecoded(
    _ attachment: Attachment, _ chunks: Chunks, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard attachment.isGzipped else { return try visitStored(attachment, chunks, body) }
    var stream = z_stream()
    guard inflateInit2_(&stream, MAX_WBITS + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw CouchFormatError(.attachmentInvalid, "zlib gives no stream")
    }
    defer { inflateEnd(&stream) }
    var status = Z_OK
    try withUnsafeTemporaryAllocation(byteCount: window, alignment: 16) { output in
      try visitStored(attachment, chunks) { piece in
        guard status == Z_OK, let input = piece.baseAddress else { return }
        stream.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(piece.count)
        status = try drain(&stream, output, body)
      }
    }
    guard status == Z_STREAM_END || attachment.encodedLength == 0 else {
      throw CouchFormatError(.attachmentInvalid, at: attachment.pieces.first?.pointer, "a gzipped attachment that does not unpack")
    }
  }

  /// Inflates what is at hand.
  private static func drain(
    _ stream: inout z_stream, _ output: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int32 {
    while true {
      stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(output.count)
      let status = inflate(&stream, Z_NO_FLUSH)
      let written = output.count - Int(stream.avail_out)
      if written > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<written])) }
      if status == Z_BUF_ERROR { return Z_OK }  // wants more input
      if status != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0) { return status }
    }
  }
}
