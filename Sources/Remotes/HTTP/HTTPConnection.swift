import CCurl

/// One libcurl transfer handle with the connections it keeps, used for one transfer after another.
///
/// A multi handle drives the easy one, because it can be woken from another thread.
///
/// Unchecked: the handles are touched by one thread at a time, as the pool gives a connection to one transfer and takes it back when that
/// thread is done with it; the exchange goes through the pool's mutex.
package final class HTTPConnection: @unchecked Sendable {
  /// In bytes: the largest piece a consumer is called with. libcurl's own is 16 KiB.
  private static let bufferSize = 256 << 10

  let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer

  /// libcurl wants this once, before anything else; a static initialiser runs once however many threads ask.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  package init() throws {
    guard Self.isReady, let easy = curl_easy_init() else { throw HTTPError(.invalid, "libcurl does not start") }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      throw HTTPError(.invalid, "libcurl does not start")
    }
    self.easy = easy
    self.multi = multi
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
  }

  /// Forgets the transfer. Ends it if it is under way, which may wait for a name to be resolved.
  func reset() {
    curl_multi_remove_handle(multi, easy)
    curl_easy_reset(easy)
  }

  /// Blocks until the transfer is done, has failed or is cancelled. `reset` is due then.
  ///
  /// - Parameter receive: gets the body of answers with a status that `isConsumed`.
  package func perform(
    _ request: HTTPRequest, _ options: HTTPClient.Options, _ cancellation: HTTPCancellation, only isConsumed: (_ status: Int) -> Bool,
    _ receive: (RawSpan) throws -> Void
  ) throws -> HTTPResponse {
    guard !cancellation.isCancelled else { throw CancellationError() }
    let setup = try HTTPSetup(request, options, on: easy)
    defer { setup.free() }
    akiba_curl_set_size(easy, CURLOPT_BUFFERSIZE, curl_off_t(options.bandwidth == nil ? Self.bufferSize : HTTPPace.piece))
    return try withoutActuallyEscaping(receive) { receive in
      try withoutActuallyEscaping(isConsumed) { isConsumed in
        let answer = HTTPAnswer(easy, options, only: isConsumed, receive)
        answer.listen()
        // No body must get no reader, not even an empty one: it would be posted.
        let body = request.body.map { HTTPBody($0, options.bandwidth) }
        body?.offer(to: easy)
        let result = try withExtendedLifetime(body) { try run(answer, body, options, cancellation) }
        return try answer.response(result, request, options)
      }
    }
  }

  private func run(_ answer: HTTPAnswer, _ body: HTTPBody?, _ options: HTTPClient.Options, _ cancellation: HTTPCancellation) throws
    -> CURLcode
  {
    guard curl_multi_add_handle(multi, easy) == CURLM_OK else { throw HTTPError(.invalid, "libcurl takes no transfer") }
    cancellation.attach(multi)
    defer { cancellation.detach() }
    var stall = StallClock(options.stallTimeout)
    while true {
      var running: Int32 = 0
      guard curl_multi_perform(multi, &running) == CURLM_OK else { throw HTTPError(.broken, "libcurl fails") }
      if cancellation.isCancelled { throw CancellationError() }
      if running == 0 { return result() }
      let turn = [answer.pausedUntil, body?.pausedUntil].compactMap(\.self).min()
      guard stall.goesOn(answer.moved, isPaused: turn != nil) else { return CURLE_OPERATION_TIMEDOUT }
      curl_multi_poll(multi, nil, 0, milliseconds(until: turn, atMost: stall.remaining), nil)
      if let turn, turn <= ContinuousClock.now {
        let result = curl_easy_pause(easy, CURLPAUSE_CONT)
        guard result == CURLE_OK else { return result }
      }
    }
  }

  /// At least 1. libcurl's own timers and a cancellation end the wait earlier.
  private func milliseconds(until turn: ContinuousClock.Instant?, atMost limit: Duration) -> Int32 {
    let wait = turn.map { min(limit, $0 - ContinuousClock.now + .milliseconds(1)) } ?? limit
    return Int32(max(1, min(3_600_000, wait / .milliseconds(1))))
  }

  private func result() -> CURLcode {
    var left: Int32 = 0
    guard let message = curl_multi_info_read(multi, &left) else { return CURLE_RECV_ERROR }
    return akiba_curl_result(message)
  }
}

/// Notices that nothing moves.
private struct StallClock {
  private let timeout: Duration
  private var moved = -1
  private var since = ContinuousClock.now

  init(_ timeout: Duration) { self.timeout = timeout }

  /// - Parameters:
  ///   - moved: bytes sent and received so far.
  ///   - isPaused: whether it is this side that holds back.
  mutating func goesOn(_ moved: Int, isPaused: Bool) -> Bool {
    let now = ContinuousClock.now
    if isPaused || moved != self.moved {
      self.moved = moved
      since = now
    }
    return now - since < timeout
  }

  var remaining: Duration { timeout - (ContinuousClock.now - since) }
}
