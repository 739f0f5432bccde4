import CSnappy
import CZlib

/// One Erlang term in external form, without the version byte 131 before it.
package struct EncodedTerm: Sendable {
  package let bytes: [UInt8]
  package let range: Range<Int>

  package init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    self.range = range
  }

  package var cursor: TermCursor { TermCursor(bytes, range) }
}

/// How CouchDB stores terms: raw snappy (01), zlib inside the external format (83 50), or plain (83).
///
/// A declared size is believed only as far as the compressed bytes could give it, and never beyond 1 GiB.
/// Source: apache/couchdb `couch_compress.erl`.
package enum TermCompression {
  static let version: UInt8 = 131
  private static let snappyMark: UInt8 = 1
  private static let zlibMark: UInt8 = 80
  /// A snappy copy of 64 bytes costs 3; deflate gives at most 1032 for 1.
  private static let snappyRatio = 22
  private static let zlibRatio = 1032
  private static let slack = 1024
  private static let largest = 1 << 30

  /// The term stored in `range` of `payload`; plain terms are not copied.
  package static func term(in payload: [UInt8], _ range: Range<Int>) throws(CouchFormatError) -> EncodedTerm {
    guard let first = range.first, range.upperBound <= payload.count else { throw invalid("an empty term") }
    switch first < payload.count ? payload[first] : 0 {
    case snappyMark:
      let bytes = try unsnap(payload, first + 1..<range.upperBound)
      guard bytes.first == version else { throw invalid("snappy data that is no term") }
      return EncodedTerm(bytes, 1..<bytes.count)
    case version where range.count > 1 && payload[first + 1] == zlibMark:
      return try inflated(payload, first + 2..<range.upperBound)
    case version where range.count > 1:
      return EncodedTerm(payload, first + 1..<range.upperBound)
    default: throw invalid("a payload that is neither snappy nor a term")
    }
  }

  private static func invalid(_ detail: String) -> CouchFormatError { CouchFormatError(.compressionInvalid, detail) }

  private static func unsnap(_ payload: [UInt8], _ range: Range<Int>) throws(CouchFormatError) -> [UInt8] {
    var size = 0
    let bytes: [UInt8]? = payload.withUnsafeBytes { raw in
      let input = UnsafeRawBufferPointer(rebasing: raw[range]).bindMemory(to: CChar.self)
      guard let base = input.baseAddress, snappy_uncompressed_length(base, input.count, &size) == SNAPPY_OK,
        size <= min(largest, input.count * snappyRatio + slack)
      else { return nil }
      var status = SNAPPY_INVALID_INPUT
      let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
        var written = buffer.count
        buffer.withMemoryRebound(to: CChar.self) { status = snappy_uncompress(base, input.count, $0.baseAddress, &written) }
        filled = status == SNAPPY_OK ? min(written, buffer.count) : 0
      }
      return status == SNAPPY_OK && output.count == size ? output : nil
    }
    guard let bytes else { throw invalid("snappy data that does not unpack") }
    return bytes
  }

  private static func inflated(_ payload: [UInt8], _ range: Range<Int>) throws(CouchFormatError) -> EncodedTerm {
    guard range.count > 4 else { throw invalid("a cut zlib term") }
    let size = payload[range.lowerBound..<range.lowerBound + 4].reduce(0) { $0 << 8 | Int($1) }
    let packed = range.lowerBound + 4..<range.upperBound
    guard size > 0, size <= min(largest, packed.count * zlibRatio + slack) else { throw invalid("a zlib term of impossible size") }
    let bytes = payload.withUnsafeBytes { raw in
      let input = UnsafeRawBufferPointer(rebasing: raw[packed]).bindMemory(to: UInt8.self)
      return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
        var written = uLongf(size)
        let status = uncompress(buffer.baseAddress, &written, input.baseAddress, uLong(input.count))
        filled = status == Z_OK ? min(Int(written), size) : 0
      }
    }
    guard bytes.count == size else { throw invalid("zlib data that does not unpack") }
    return EncodedTerm(bytes, 0..<size)
  }
}
