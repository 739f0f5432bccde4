import CCurl
import Stores

/// The body of a request, from which libcurl takes piece by piece.
///
/// libcurl knows it by its address: it lives as long as the transfer.
final class HTTPBody {
  private let bytes: [UInt8]
  private let isLimited: Bool
  private var offset = 0
  private var pace: HTTPPace

  init(_ bytes: [UInt8], _ bandwidth: Bandwidth?) {
    self.bytes = bytes
    isLimited = bandwidth != nil
    pace = HTTPPace(bandwidth)
  }

  func offer(to easy: UnsafeMutableRawPointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    akiba_curl_set_pointer(easy, CURLOPT_READDATA, context)
    akiba_curl_set_pointer(easy, CURLOPT_SEEKDATA, context)
    akiba_curl_set_transfer(easy, CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return Int(CURL_READFUNC_ABORT) }
      let body = Unmanaged<HTTPBody>.fromOpaque(context).takeUnretainedValue()
      return body.fill(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
    }
    akiba_curl_set_seek(easy, CURLOPT_SEEKFUNCTION) { context, offset, origin in
      guard let context, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
      return Unmanaged<HTTPBody>.fromOpaque(context).takeUnretainedValue().seek(to: Int(offset))
    }
  }

  var pausedUntil: ContinuousClock.Instant? { pace.pausedUntil }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - offset, isLimited ? HTTPPace.piece : Int.max)
    guard pace.admits(count) else { return Int(CURL_READFUNC_PAUSE) }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    offset += count
    return count
  }

  /// A connection that was kept open and turns out to be closed makes libcurl begin again on a new one.
  private func seek(to offset: Int) -> Int32 {
    guard offset >= 0, offset <= bytes.count else { return CURL_SEEKFUNC_FAIL }
    self.offset = offset
    return CURL_SEEKFUNC_OK
  }
}
