import Foundation
import Primitives
import Synchronization
import SystemPackage
import TestSupport
import Testing

import Remotes

/// The client against a real server, which misbehaves on demand.
struct HTTPClientTests {
  private static let shared = Mutex<WebServer?>(nil)
  private let server: WebServer

  init() throws {
    server = try Self.shared.withLock { shared in
      if let shared { return shared }
      let server = try WebServer()
      shared = server
      return server
    }
  }

  private func client(_ change: (inout HTTPClient.Options) -> Void = { _ in }) -> HTTPClient {
    var options = HTTPClient.Options()
    change(&options)
    return HTTPClient(options)
  }

  private struct Echo: Decodable {
    let method: String
    let path: String
    let headers: [[String]]
    let size: Int
    let sum: Int
    let connection: Int
  }

  private func echo(_ response: HTTPResponse) throws -> Echo { try JSONDecoder().decode(Echo.self, from: Data(response.body)) }

  // MARK: Requests and answers

  @Test(arguments: [HTTPRequest.Method.get, .put, .post, .delete])
  func `method, headers and body arrive as they were given`(_ method: HTTPRequest.Method) async throws {
    let body: [UInt8]? = method == .put || method == .post ? [UInt8](repeating: 7, count: 3_000_000) : nil
    let request = HTTPRequest(method, server.plain + "/echo?a=b%2Fc", headers: ["X-Given": "one", "X-Empty": ""], body: body)

    let response = try await client().send(request)

    let echo = try echo(response)
    #expect(response.status == 200)
    #expect(echo.method == method.rawValue)
    #expect(echo.path == "/echo?a=b%2Fc")
    #expect(echo.size == body?.count ?? 0)
    #expect(echo.sum == (body?.count ?? 0) * 7 % 65536)
    #expect(echo.headers.contains(["X-Given", "one"]))
    #expect(echo.headers.contains(["X-Empty", ""]))
    #expect(!echo.headers.contains { ["Expect", "Content-Type"].contains($0.first) })
    #expect(response.headers["x-TWICE"] == "a")
  }

  @Test func `an empty body is sent as one`() async throws {
    let response = try await client().send(HTTPRequest(.put, server.plain + "/echo", body: []))

    #expect(try echo(response).headers.contains(["Content-Length", "0"]))
  }

  @Test func `a head request has headers and no body, and the connection goes on`() async throws {
    let client = client()

    let head = try await client.send(HTTPRequest(.head, server.plain + "/bytes?1000"))
    let after = try await client.send(HTTPRequest(.get, server.plain + "/bytes?1000"))

    #expect(head.headers["content-length"] == "1000")
    #expect(head.body.isEmpty)
    #expect(after.body == (0..<1000).map { UInt8($0 % 251) })
  }

  @Test func `one connection carries one request after another`() async throws {
    let client = client()

    // libcurl gives up a connection that has rested for two minutes, which happens where tests wait for one another.
    for _ in 0..<5 {
      let first = try echo(try await client.send(HTTPRequest(.get, server.plain + "/echo"))).connection
      let second = try echo(try await client.send(HTTPRequest(.get, server.plain + "/echo"))).connection
      if first == second { return }
    }
    Issue.record("every request had a connection of its own")
  }

  @Test func `many transfers run at once`() async throws {
    let client = client()

    try await withThrowingTaskGroup { group in
      for size in 0..<60 {
        group.addTask {
          let response = try await client.send(HTTPRequest(.get, server.plain + "/bytes?\(size * 1000)"))
          #expect(response.body.count == size * 1000)
        }
      }
      try await group.waitForAll()
    }
  }

  @Test(arguments: [400, 404, 500])
  func `a refusal is an answer with a body`(_ status: Int) async throws {
    let streamed = try await client().stream(HTTPRequest(.get, server.plain + "/status?\(status)"), into: 0) { $0 += $1.byteCount }

    #expect(streamed.response.status == status)
    #expect(streamed.response.body == Array("as you wished".utf8))
    #expect(streamed.state == 0)
  }

  @Test func `a redirect is not followed`() async throws {
    let response = try await client().send(HTTPRequest(.get, server.plain + "/redirect"))

    #expect(response.status == 302)
    #expect(response.headers["Location"] == "/echo")
  }

  @Test func `a stream passes through, piece by piece`() async throws {
    let streamed = try await client { $0.largestBody = 10 }
      .stream(HTTPRequest(.get, server.plain + "/zeros?\(64 << 20)"), into: 0) { $0 += $1.byteCount }

    #expect(streamed.state == 64 << 20)
    #expect(streamed.response.body.isEmpty)
  }

  // MARK: Failures

  private func failure(_ client: HTTPClient, _ url: String) async -> HTTPError? {
    await #expect(throws: HTTPError.self) { try await client.send(HTTPRequest(.get, url)) }
  }

  @Test(arguments: ["/cut", "/cutchunks", "/nothing", "/garbage", "/endlesshead"])
  func `half an answer is none`(_ path: String) async throws {
    let error = await failure(client(), server.plain + path)

    #expect(error?.kind == .broken)
  }

  @Test(arguments: ["/stall", "/stallbody"])
  func `a server that falls silent is given up`(_ path: String) async throws {
    let error = await failure(client { $0.stallTimeout = .milliseconds(200) }, server.plain + path)

    #expect(error?.kind == .timedOut)
    #expect(error?.summary == "'\(server.plain)\(path)' did not answer in time")
  }

  @Test func `a body beyond the bound is refused, one at the bound is not`() async throws {
    let client = client { $0.largestBody = 5000 }

    #expect(try await client.send(HTTPRequest(.get, server.plain + "/bytes?5000")).body.count == 5000)
    #expect(await failure(client, server.plain + "/bytes?5001")?.kind == .tooLarge)
    #expect(await failure(client, server.plain + "/endless")?.kind == .tooLarge)
  }

  private struct Enough: Error {}

  @Test func `what the consumer throws ends the transfer and comes out`() async throws {
    await #expect(throws: Enough.self) {
      _ = try await client().stream(HTTPRequest(.get, server.plain + "/endless"), into: 0) { total, bytes in
        total += bytes.byteCount
        if total > 100_000 { throw Enough() }
      }
    }
  }

  @Test(arguments: ["/endless", "/stallbody"])
  func `cancelling ends a transfer that waits for the server`(_ path: String) async throws {
    let (began, begin) = AsyncStream<Void>.makeStream()
    // What is not woken sleeps until one of these is over: far from what a machine under load takes to wake a thread.
    let client = client { ($0.connectTimeout, $0.stallTimeout) = (.seconds(300), .seconds(300)) }
    let url = server.plain + path
    let task = Task {
      try await client.stream(HTTPRequest(.get, url), into: 0) { _, _ in begin.yield() }
    }
    for await _ in began { break }
    // For the thread of the transfer to be waiting for the server, not at work: only then does it need to be woken.
    try await Task.sleep(for: .milliseconds(300))
    let start = ContinuousClock.now

    task.cancel()

    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(ContinuousClock.now - start < .seconds(200))
  }

  @Test func `a cancelled task sends nothing`() async throws {
    let client = client()
    let url = server.plain + "/stall"
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await client.send(HTTPRequest(.get, url))
    }

    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `nobody listens`() async throws {
    let error = await failure(client(), "http://127.0.0.1:1/x")

    #expect(error?.kind == .unreachable)
    #expect(error?.summary == "cannot reach 'http://127.0.0.1:1/x': Connection refused")
  }

  @Test(arguments: ["", "localhost", "ftp://localhost/", "file:///etc/passwd", "http://", "http://a b/", "http://[::1/"])
  func `what is no address is not sent`(_ url: String) async throws {
    #expect(await failure(client(), url)?.kind == .invalid)
  }

  @Test func `no secret comes out with an error`() async throws {
    let inAddress = await failure(client(), "http://medic:hunter2@127.0.0.1:1/x?signature=hunter2")
    let inQuery = await failure(client(), "http://127.0.0.1:1/x?signature=hunter2")

    #expect(inAddress?.kind == .invalid)
    #expect(inQuery?.kind == .unreachable)
    for error in [inAddress, inQuery] { #expect(error?.description.contains("hunter2") == false) }
  }

  @Test(arguments: ["a\r\nX-Other: b", "a\nb", "a\0b"])
  func `a header cannot smuggle in another`(_ value: String) async throws {
    let request = HTTPRequest(.get, server.plain + "/echo", headers: ["X-Given": value])

    let error = await #expect(throws: HTTPError.self) { try await client().send(request) }

    #expect(error?.kind == .invalid)
  }

  // MARK: Unix sockets

  @Test func `a unix socket serves as well`() async throws {
    let client = client { $0.unixSocket = FilePath(server.socket) }

    let response = try await client.send(HTTPRequest(.get, "http://localhost/echo"))

    #expect(try echo(response).headers.contains(["Host", "localhost"]))
  }

  @Test func `a socket nobody listens on, and one that is not there`() async throws {
    let dead = server.folder + "/dead.sock"
    try Program.run("/usr/bin/env", ["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('\(dead)')"])
    for path in [dead, server.folder + "/none.sock", "/" + String(repeating: "long/", count: 40)] {
      let error = await failure(client { $0.unixSocket = FilePath(path) }, "http://localhost/")
      #expect(error?.kind == .unreachable, "\(path): \(error?.summary ?? "")")
    }
  }

  @Test(.enabled(if: geteuid() == 0, "becomes another user for a moment, which needs root"))
  func `a socket that this user may not use says how to be allowed`() throws {
    let path = server.folder + "/closed.sock"
    try Program.run("/usr/bin/env", ["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('\(path)')"])
    chmod(server.folder, 0o711)
    let adm = try #require(getgrnam("adm")).pointee.gr_gid
    for (mode, group, hint) in [
      (0o660, adm, "run as root, or add this user to the group that owns '\(path)', 'adm'"),
      (0o600, adm, "run as root"),
    ] {
      chown(path, 0, group)
      chmod(path, mode_t(mode))

      let error = failureAsNobody(HTTPClient.Options(unixSocket: FilePath(path)))

      #expect(error?.kind == .denied)
      #expect(error?.summary == "socket '\(path)' may not be used by this user")
      #expect(error?.hints == [hint])
    }
  }

  /// On a thread of its own: the user for file access is a property of the thread, in Linux.
  private func failureAsNobody(_ options: HTTPClient.Options) -> HTTPError? {
    let failure = Mutex<HTTPError?>(nil)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      typealias SetUser = @convention(c) (UInt32) -> Int32
      if let address = dlsym(nil, "setfsuid") { _ = unsafeBitCast(address, to: SetUser.self)(65534) }
      do {
        _ = try HTTPConnection().perform(HTTPRequest(.get, "http://localhost/"), options, HTTPCancellation(), only: { _ in false }) { _ in }
      } catch {
        failure.withLock { $0 = error as? HTTPError }
      }
      done.signal()
    }
    thread.start()
    done.wait()
    return failure.withLock { $0 }
  }

  // MARK: TLS

  @Test func `a certificate of a given authority is trusted`() async throws {
    let client = client { $0.caFile = FilePath(server.folder + "/ca.pem") }

    #expect(try await client.send(HTTPRequest(.get, server.secure + "/echo")).status == 200)
  }

  @Test func `a certificate of an unknown authority, or for another name, is not`() async throws {
    let unknown = await failure(client(), server.secure + "/echo")
    let other = await failure(
      client { $0.caFile = FilePath(server.folder + "/ca.pem") }, server.secure.replacing("localhost", with: "127.0.0.1") + "/echo")

    #expect(unknown?.kind == .tls)
    #expect(unknown?.summary.hasSuffix("its authority is not known") == true, "\(unknown?.summary ?? "")")
    #expect(other?.kind == .tls)
  }

  @Test func `a client shows its certificate where one is asked for`() async throws {
    let with = client {
      $0.caFile = FilePath(server.folder + "/ca.pem")
      $0.clientCertificate = FilePath(server.folder + "/client.pem")
      $0.clientKey = FilePath(server.folder + "/client.key")
    }
    let without = client { $0.caFile = FilePath(server.folder + "/ca.pem") }

    #expect(try await with.send(HTTPRequest(.get, server.mutual + "/echo")).status == 200)
    #expect(await failure(without, server.mutual + "/echo") != nil)
  }

  @Test func `certificate files that cannot be used are named as the fault`() async throws {
    let noAuthority = await failure(client { $0.caFile = FilePath(server.folder + "/none.pem") }, server.secure + "/")
    let noKey = await failure(
      client {
        $0.caFile = FilePath(server.folder + "/ca.pem")
        $0.clientCertificate = FilePath(server.folder + "/none.pem")
      }, server.secure + "/")

    #expect(noAuthority?.kind == .invalid)
    #expect(noKey?.kind == .invalid)
  }
}
