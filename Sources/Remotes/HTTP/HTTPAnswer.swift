import CCurl
import Stores

/// What comes back of one request, while it comes.
///
/// libcurl knows it by its address: it lives as long as the transfer.
final class HTTPAnswer {
  private let easy: UnsafeMutableRawPointer
  private let largestBody: Int
  private let isConsumed: (_ status: Int) -> Bool
  private let receive: (RawSpan) throws -> Void
  private var head = HTTPHeaders.Reader()
  private var body: [UInt8] = []
  private var received = 0
  private var pace: HTTPPace
  /// Why the transfer was ended from here.
  private var failure: (any Error)?

  init(
    _ easy: UnsafeMutableRawPointer, _ options: HTTPClient.Options, only isConsumed: @escaping (_ status: Int) -> Bool,
    _ receive: @escaping (RawSpan) throws -> Void
  ) {
    self.easy = easy
    largestBody = options.largestBody
    pace = HTTPPace(options.bandwidth)
    self.isConsumed = isConsumed
    self.receive = receive
  }

  func listen() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    akiba_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    akiba_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    akiba_curl_set_transfer(easy, CURLOPT_HEADERFUNCTION) {
      HTTPAnswer.take($0, $1, $2, $3) {
        try $0.takeHead($1)
        return true
      }
    }
    akiba_curl_set_transfer(easy, CURLOPT_WRITEFUNCTION) { HTTPAnswer.take($0, $1, $2, $3) { try $0.takeBody($1) } }
  }

  /// Bytes sent and received so far.
  var moved: Int {
    var sent: curl_off_t = 0
    akiba_curl_size(easy, CURLINFO_SIZE_UPLOAD_T, &sent)
    return received &+ Int(sent)
  }

  var pausedUntil: ContinuousClock.Instant? { pace.pausedUntil }

  /// The answer, or why there is none.
  func response(_ result: CURLcode, _ request: HTTPRequest, _ options: HTTPClient.Options) throws -> HTTPResponse {
    if let failure { throw failure }
    guard result == CURLE_OK else { throw HTTPError(result, on: easy, request, options) }
    return HTTPResponse(status: status, headers: head.headers, body: body)
  }

  private var status: Int {
    var status = 0
    akiba_curl_number(easy, CURLINFO_RESPONSE_CODE, &status)
    return status
  }

  /// - Parameter take: whether it took them; otherwise the transfer pauses, and they come again.
  /// - Returns: the count; one special value pauses the transfer, and all others end it.
  private static func take(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ take: (HTTPAnswer, UnsafeRawBufferPointer) throws -> Bool
  ) -> Int {
    guard let context else { return -1 }
    let answer = Unmanaged<HTTPAnswer>.fromOpaque(context).takeUnretainedValue()
    do {
      guard try take(answer, UnsafeRawBufferPointer(start: bytes, count: size * count)) else { return Int(CURL_WRITEFUNC_PAUSE) }
      answer.received &+= size * count
      return size * count
    } catch {
      answer.failure = error
      return -1
    }
  }

  private func takeHead(_ line: UnsafeRawBufferPointer) throws {
    guard head.take(line) else { throw HTTPError(.broken, "the head of an answer is larger than \(HTTPHeaders.Reader.largestHead) bytes") }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
    guard pace.admits(bytes.count) else { return false }
    if isConsumed(status) {
      try receive(bytes.bytes)
      return true
    }
    guard bytes.count <= largestBody - body.count else {
      throw HTTPError(.tooLarge, "an answer has a body of more than \(largestBody) bytes")
    }
    if body.isEmpty { body.reserveCapacity(min(largestBody, max(0, head.headers["Content-Length"].flatMap { Int($0) } ?? 0))) }
    body.append(contentsOf: bytes)
    return true
  }
}
