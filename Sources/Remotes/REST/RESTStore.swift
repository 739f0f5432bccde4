import Primitives
package import Stores

/// A repository behind restic's REST protocol: rest-server, or `rclone serve restic` and through it rclone's clouds.
///
/// Objects lie at `TYPE/ID`, without the two digits that folders have. Whether an object is on the disk when the server says so, and whether
/// readers may see it before, is the server's affair: rest-server syncs and renames; rclone writes a local folder in place.
///
/// Source: restic, `doc/REST_backend.rst`; rest-server, `repo/repo.go`; rclone, `cmd/serve/restic/restic.go`.
package struct RESTStore: BlobStore {
  /// In bytes. Packs have at most 128 MiB; no answer of a hostile server is held beyond this.
  private static let largestAnswer = 512 << 20

  package let address: String
  /// Ends with a slash.
  let base: String
  let hasCredentials: Bool
  private let authorization: String?
  private let client: HTTPClient
  let unanswered: UnansweredUploads

  /// - Parameters:
  ///   - address: as stock restic takes it, `rest:https://host:8000/folder/`; `rest:` and the last slash may be left out. Never with a user.
  ///   - options: of the connections: `caFile`, timeouts, bandwidth. `largestBody` is set here.
  package init(
    _ address: String, credentials: RESTCredentials? = nil, options: HTTPClient.Options = .init(),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) throws(StoreError) {
    base = try Self.base(of: address)
    self.address = "rest:" + base
    hasCredentials = credentials != nil
    authorization = credentials?.authorization
    var options = options
    options.largestBody = Self.largestAnswer
    client = HTTPClient(options)
    unanswered = UnansweredUploads(now: now)
  }

  package func createLayout() async throws {
    let response = try await send(.post, "?create=true", body: [], to: "create", "the repository's folders")
    guard response.isSuccess else { throw refusal(response, .post, cannot: "create", "the repository's folders") }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    let headers: HTTPHeaders = range.map { ["Range": "bytes=\($0.lowerBound)-\($0.upperBound &- 1)"] } ?? [:]
    let response = try await answer(to: headers, of: name)
    switch response.status {
    case 200: return try slice(response.body, range, of: name)
    case 206 where range != nil:
      guard let range, response.body.count == range.count, response.startsAt(range.lowerBound) else { throw tooShort(name, range) }
      return response.body
    case 416: throw tooShort(name, range)
    default: throw refusal(response, .get, cannot: "read", name)
    }
  }

  /// rclone remembers what an object looked like, and breaks off each reading of one that changed since, as when an upload lost its answer.
  /// A listing makes it look anew, for the next try.
  private func answer(to headers: HTTPHeaders, of name: ObjectName) async throws -> HTTPResponse {
    do { return try await send(.get, path(of: name), headers: headers, to: "read", name) } catch let error as StoreError
      where error.kind == .unreachable
    {
      if name != .config { _ = try? await names(of: name.kind) }
      throw error
    }
  }

  package func size(of name: ObjectName) async throws -> Int {
    guard let size = try await presentSize(of: name, to: "measure") else { throw notFound(name, to: "measure") }
    return size
  }

  package func remove(_ name: ObjectName) async throws {
    // rest-server says of what is not there that it removed it.
    guard try await presentSize(of: name, to: "remove") != nil else { throw notFound(name, to: "remove") }
    guard try await delete(name, to: "remove") else { throw notFound(name, to: "remove") }
  }

  // MARK: Single requests

  func send(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil, to operation: String,
    _ what: some CustomStringConvertible
  ) async throws -> HTTPResponse {
    var headers = headers
    if let authorization { headers.add("Authorization", authorization) }
    do { return try await client.send(HTTPRequest(method, base + path, headers: headers, body: body)) } catch let error as HTTPError {
      throw StoreError(cannot: operation, what, in: address, error)
    }
  }

  func post(_ bytes: [UInt8], as name: ObjectName) async throws -> HTTPResponse {
    try await send(
      .post, path(of: name), headers: ["Content-Type": "application/octet-stream"], body: bytes, to: "store", name)
  }

  /// - Returns: whether it was there; rest-server says so of everything.
  @discardableResult
  func delete(_ name: ObjectName, to operation: String) async throws -> Bool {
    let response = try await send(.delete, path(of: name), to: operation, name)
    guard response.isSuccess || response.status == 404 else { throw refusal(response, .delete, cannot: operation, name) }
    return response.isSuccess
  }

  /// In bytes; `nil` if it is not there.
  func presentSize(of name: ObjectName, to operation: String) async throws -> Int? {
    let response = try await send(.head, path(of: name), to: operation, name)
    if response.status == 404 { return nil }
    guard response.isSuccess else { throw refusal(response, .head, cannot: operation, name) }
    guard let size = response.headers["Content-Length"].flatMap({ Int($0) }), size >= 0 else {
      throw StoreError(.other, cannot: operation, name, in: address, because: "the server does not say its size")
    }
    return size
  }

  // MARK: Details

  /// Of a server that knows no ranges.
  private func slice(_ body: [UInt8], _ range: Range<Int>?, of name: ObjectName) throws -> [UInt8] {
    guard let range else { return body }
    guard range.lowerBound >= 0, range.upperBound <= body.count else { throw tooShort(name, range) }
    return Array(body[range])
  }

  private func tooShort(_ name: ObjectName, _ range: Range<Int>?) -> StoreError {
    StoreError(.damaged, cannot: "read", name, in: address, because: "it ends before byte \(range?.upperBound ?? 0)")
  }

  private func notFound(_ name: ObjectName, to operation: String) -> StoreError {
    StoreError(.notFound, cannot: operation, name, in: address, because: "it is not there")
  }

  private func path(of name: ObjectName) -> String { name == .config ? name.fileName : "\(name.kind.folder)/\(name.fileName)" }
}

extension HTTPResponse {
  /// What servers say that keep what is there.
  var isRefusalToReplace: Bool { [403, 409, 412].contains(status) }

  /// Whether a part is the one that was asked for, as far as the answer says.
  fileprivate func startsAt(_ offset: Int) -> Bool { headers["Content-Range"].map { $0.hasPrefix("bytes \(offset)-") } ?? true }
}
