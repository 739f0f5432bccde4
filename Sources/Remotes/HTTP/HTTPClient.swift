package import Files
import Primitives
package import Stores
package import SystemPackage

/// Sends HTTP/1.1 requests over TCP, TLS or a unix socket, with libcurl.
///
/// Every transfer runs on a thread of its own, so none holds a thread that other tasks need. Connections stay open and are used again.
/// Redirects are answers like others. The environment (proxies, certificate folders) is not consulted. Cancelling the task ends its transfer
/// at once.
package struct HTTPClient: Sendable {
  package struct Options: Sendable {
    package var connectTimeout: Duration
    /// How long the other side may neither take nor send a byte.
    package var stallTimeout: Duration
    /// What to trust instead of the system's certificate authorities. PEM.
    package var caFile: FilePath?
    /// PEM.
    package var clientCertificate: FilePath?
    package var clientKey: FilePath?
    /// Where to connect to, whatever the host in the address.
    package var unixSocket: FilePath?
    /// The network to connect in; names are not resolved there.
    package var network: NetworkNamespace?
    /// In bytes, of a body held in memory.
    package var largestBody: Int
    /// Shared by all transfers, in both directions; what they wait for it is no stall.
    package var bandwidth: Bandwidth?

    package init(
      connectTimeout: Duration = .seconds(30), stallTimeout: Duration = .seconds(60), caFile: FilePath? = nil,
      clientCertificate: FilePath? = nil, clientKey: FilePath? = nil, unixSocket: FilePath? = nil, largestBody: Int = 64 << 20,
      bandwidth: Bandwidth? = nil
    ) {
      self.connectTimeout = connectTimeout
      self.stallTimeout = stallTimeout
      self.caFile = caFile
      self.clientCertificate = clientCertificate
      self.clientKey = clientKey
      self.unixSocket = unixSocket
      self.largestBody = largestBody
      self.bandwidth = bandwidth
    }
  }

  package let options: Options
  private let connections = HTTPConnectionPool()

  package init(_ options: Options = Options()) { self.options = options }

  /// - Throws: `HTTPError`, `CancellationError`. A status of 400 or above is an answer, not an error.
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try await stream(request, into: Nothing(), only: { _ in false }) { _, _ in }.response
  }

  private struct Nothing: Sendable {}

  /// What a body was folded into, and the answer without it.
  package struct Streamed<State: Sendable>: Sendable {
    package let response: HTTPResponse
    package let state: State
  }

  /// Hands the body of a successful answer to `consume`, piece by piece as it comes. The server waits while it works.
  ///
  /// The body of an answer that is no success stays in the response, and `state` is as it was.
  /// - Parameter consume: what it throws ends the transfer and is thrown on.
  package func stream<State: Sendable>(
    _ request: HTTPRequest, into state: State, _ consume: @escaping @Sendable (inout State, RawSpan) throws -> Void
  ) async throws -> Streamed<State> {
    try await stream(request, into: state, only: { (200..<300).contains($0) }, consume)
  }

  private func stream<State: Sendable>(
    _ request: HTTPRequest, into state: State, only isConsumed: @escaping @Sendable (_ status: Int) -> Bool,
    _ consume: @escaping @Sendable (inout State, RawSpan) throws -> Void
  ) async throws -> Streamed<State> {
    let cancellation = HTTPCancellation()
    let connection = try connections.take()
    return try await withTaskCancellationHandler {
      try await OwnThread.run {
        do throws(FileError) { try options.network?.enter() } catch { throw HTTPError(.unreachable, error.summary) }
        var state = state
        let response = try connection.perform(request, options, cancellation, only: isConsumed) { try consume(&state, $0) }
        connections.giveBack(connection)
        return Streamed(response: response, state: state)
      } afterFailure: {
        connections.giveBack(connection)
      }
    } onCancel: {
      cancellation.cancel()
    }
  }
}
