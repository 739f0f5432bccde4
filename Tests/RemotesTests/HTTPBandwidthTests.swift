import Remotes
import Stores
import Testing

/// A limited line, against a real server.
struct HTTPBandwidthTests {
  /// Shorter than a piece takes at the limit: waiting for one's turn is no stall.
  private static let stall = Duration.milliseconds(200)
  private static let perSecond = 256 << 10
  private static let size = 256 << 10

  @Test(arguments: [HTTPRequest.Method.get, .put])
  func `a transfer takes the time its limit gives it`(_ method: HTTPRequest.Method) async throws {
    let server = try WebServer()
    let client = HTTPClient(.init(stallTimeout: Self.stall, bandwidth: Bandwidth(bytesPerSecond: Self.perSecond)))
    let body: [UInt8]? = method == .put ? [UInt8](repeating: 7, count: Self.size) : nil
    let path = method == .put ? "/echo" : "/bytes?\(Self.size)"
    let start = ContinuousClock.now

    let response = try await client.send(HTTPRequest(method, server.plain + path, body: body))

    let time = ContinuousClock.now - start
    #expect(response.status == 200)
    // The last piece goes once those before it have gone.
    #expect(time > .milliseconds(700), "\(time)")
    #expect(time < .seconds(200), "\(time)")
    if method == .get {
      #expect(response.body == (0..<Self.size).map { UInt8($0 % 251) })
    } else {
      #expect(String(decoding: response.body, as: UTF8.self).contains("\"size\": \(Self.size), \"sum\": \(Self.size * 7 % 65536)"))
    }
  }

  @Test func `transfers share a limit`() async throws {
    let server = try WebServer()
    let client = HTTPClient(.init(bandwidth: Bandwidth(bytesPerSecond: 4 * Self.perSecond)))
    let start = ContinuousClock.now

    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let response = try await client.send(HTTPRequest(.put, server.plain + "/echo", body: [UInt8](repeating: 1, count: Self.size)))
          #expect(response.isSuccess)
        }
      }
      try await group.waitForAll()
    }

    #expect(ContinuousClock.now - start > .milliseconds(900))
  }

  @Test func `a transfer that waits for its turn can be cancelled`() async throws {
    let server = try WebServer()
    let client = HTTPClient(.init(bandwidth: Bandwidth(bytesPerSecond: 100)))
    let transfer = Task { try await client.send(HTTPRequest(.put, server.plain + "/echo", body: [UInt8](repeating: 1, count: Self.size))) }
    try await Task.sleep(for: .milliseconds(100))
    let start = ContinuousClock.now

    transfer.cancel()

    await #expect(throws: CancellationError.self) { try await transfer.value }
    #expect(ContinuousClock.now - start < .seconds(200))
  }
}
