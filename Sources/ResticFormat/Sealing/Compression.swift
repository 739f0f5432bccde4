import CZstd
import Synchronization

/// zstd as restic uses it: one frame for one blob, with its content size in the frame header.
///
/// Contexts are kept and reused: making one costs more than compressing a small blob.
package final class Compression: Sendable {
  package static let defaultLevel = 2
  /// No blob, tree or index is larger than this once decompressed, whatever a frame claims. restic's largest blobs are 8 MiB;
  /// 70 MiB ones are known to work.
  package static let largestPlaintext = 128 << 20

  private let level: Int32
  /// Contexts nobody is using.
  private let idle = Mutex<[ZstdContexts]>([])

  /// - Parameter level: zstd's, 1 (fast) to 19 (small).
  package init(level: Int = Compression.defaultLevel) { self.level = Int32(clamping: level) }

  /// - Returns: one zstd frame, or `nil` if that would not be smaller (always for no bytes at all: restic reads an
  ///   uncompressed length of 0 as "not compressed").
  package func compress(_ plaintext: [UInt8]) -> [UInt8]? {
    guard !plaintext.isEmpty else { return nil }
    let frame = borrowingContexts { contexts in
      [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(plaintext.count)) { buffer, filled in
        let result = ZSTD_compressCCtx(contexts.compressor, buffer.baseAddress, buffer.count, plaintext, plaintext.count, level)
        filled = ZSTD_isError(result) != 0 ? 0 : result
      }
    }
    return frame.isEmpty || frame.count >= plaintext.count ? nil : frame
  }

  /// - Parameter declared: the plaintext size the pack or index claims; `nil` to believe the frame, up to `limit`.
  /// - Throws: `tooLarge` before the memory is taken; `malformed` if the frame is damaged or its size is not the declared one.
  package func decompress(
    _ frame: some RandomAccessCollection<UInt8>, declared: Int?, limit: Int = Compression.largestPlaintext
  ) throws(FormatError) -> [UInt8] {
    let opened =
      frame.withContiguousStorageIfAvailable { bytes in Result { () throws(FormatError) in try decompress(bytes, declared, limit) } }
      ?? Array(frame).withUnsafeBufferPointer { bytes in Result { () throws(FormatError) in try decompress(bytes, declared, limit) } }
    return try opened.get()
  }

  private func decompress(_ frame: UnsafeBufferPointer<UInt8>, _ declared: Int?, _ limit: Int) throws(FormatError) -> [UInt8] {
    let claimed = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)  // the two largest values: unknown, and no frame
    guard let size = declared ?? Int(exactly: claimed) else { return try decompressUnsized(frame, limit) }
    guard (0...limit).contains(size) else {
      throw FormatError(.tooLarge, "claims \(size) bytes once decompressed; at most \(limit) are accepted")
    }
    var result = 0
    let plaintext = borrowingContexts { contexts in
      [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, filled in
        result = ZSTD_decompressDCtx(contexts.decompressor, buffer.baseAddress, size, frame.baseAddress, frame.count)
        filled = ZSTD_isError(result) != 0 ? 0 : result
      }
    }
    guard ZSTD_isError(result) == 0, plaintext.count == size else {
      throw FormatError(.malformed, "does not decompress to the \(size) bytes declared for it")
    }
    return plaintext
  }

  /// Frames without a size, as streaming writers make them for indexes and snapshots: grown as needed, to the limit.
  private func decompressUnsized(_ frame: UnsafeBufferPointer<UInt8>, _ limit: Int) throws(FormatError) -> [UInt8] {
    let plaintext: [UInt8]? = try borrowingContexts { (contexts) throws(FormatError) in
      ZSTD_DCtx_reset(contexts.decompressor, ZSTD_reset_session_only)
      var input = ZSTD_inBuffer(src: frame.baseAddress, size: frame.count, pos: 0)
      var plaintext: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
      while true {
        let (result, count) = piece.withUnsafeMutableBytes { buffer in
          var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
          return (ZSTD_decompressStream(contexts.decompressor, &output, &input), output.pos)
        }
        guard ZSTD_isError(result) == 0 else { return nil }
        guard plaintext.count + count <= limit else {
          throw FormatError(.tooLarge, "more than \(limit) bytes once decompressed")
        }
        plaintext += piece[..<count]
        if result == 0 { return input.pos == input.size ? plaintext : nil }
        if count == 0, input.pos == input.size { return nil }  // ends inside the frame
      }
    }
    guard let plaintext else { throw FormatError(.malformed, "does not decompress") }
    return plaintext
  }

  private func borrowingContexts<Value, Failure: Error>(_ body: (ZstdContexts) throws(Failure) -> Value) throws(Failure) -> Value {
    let contexts = idle.withLock { $0.popLast() } ?? ZstdContexts()
    defer { idle.withLock { $0.append(contexts) } }
    return try body(contexts)
  }
}

/// One compressor and one decompressor, used by one task at a time.
///
/// `@unchecked`: zstd binds a context to no thread, only to one user at a time. `borrowingContexts` takes it out of a mutex,
/// nobody else sees it until it is put back.
private final class ZstdContexts: @unchecked Sendable {
  let compressor: OpaquePointer
  let decompressor: OpaquePointer

  init() {
    compressor = ZSTD_createCCtx()!  // nil only when there is no memory for 1 KiB
    decompressor = ZSTD_createDCtx()!
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }
}
