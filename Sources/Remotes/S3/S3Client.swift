import Primitives
import Stores

/// Signed requests to one bucket.
struct S3Client: Sendable {
  /// For messages: `cannot store pack 'b1946ac9'`.
  struct Purpose {
    let operation: String
    let what: String

    init(_ operation: String, _ what: some CustomStringConvertible) {
      self.operation = operation
      self.what = what.description
    }
  }

  struct Request {
    let method: HTTPRequest.Method
    /// `nil`: the bucket itself.
    let key: String?
    var query: [(name: String, value: String)] = []
    var headers: HTTPHeaders = [:]
    var body: [UInt8]?

    init(
      _ method: HTTPRequest.Method, _ key: String?, query: [(name: String, value: String)] = [], headers: HTTPHeaders = [:],
      body: [UInt8]? = nil
    ) {
      self.method = method
      self.key = key
      self.query = query
      self.headers = headers
      self.body = body
    }
  }

  struct Answer: Sendable {
    let response: HTTPResponse
    /// Those that the request was signed with.
    let credentials: S3Credentials

    var status: Int { response.status }
  }

  let place: S3Place
  let source: S3Credentials.Source
  let http: HTTPClient
  /// Seconds since 1970.
  let now: @Sendable () -> Int

  /// - Parameter accepted: statuses besides success that the caller knows what to do with.
  /// - Throws: `StoreError` for every other one and where there is no answer; `CancellationError`.
  func send(_ request: Request, to purpose: Purpose, accepting accepted: Set<Int> = []) async throws -> Answer {
    let credentials = try source.credentials(for: place.address)
    let answer: Answer
    do {
      answer = Answer(response: try await http.send(signed(request, credentials)), credentials: credentials)
    } catch let error as HTTPError {
      throw StoreError(cannot: purpose.operation, purpose.what, in: place.address, error)
    }
    guard answer.response.isSuccess || accepted.contains(answer.status) else { throw error(answer, purpose) }
    return answer
  }

  func error(_ answer: Answer, _ purpose: Purpose) -> StoreError { error(S3Failure(answer.response), answer.credentials, purpose) }

  func error(_ failure: S3Failure, _ credentials: S3Credentials, _ purpose: Purpose) -> StoreError {
    failure.error(cannot: purpose.operation, purpose.what, at: place, credentials, now: now())
  }

  /// An answer that passed for success and is not what was asked for.
  func misunderstood(_ purpose: Purpose, _ reason: String) -> StoreError {
    StoreError(.other, cannot: purpose.operation, purpose.what, in: place.address, because: reason)
  }

  private func signed(_ request: Request, _ credentials: S3Credentials) -> HTTPRequest {
    let payload = ContentID(hashing: request.body ?? []).hex
    let stamp = S3Time.stamp(now())
    var headers = request.headers
    headers.add("x-amz-content-sha256", payload)
    headers.add("x-amz-date", stamp)
    if let token = credentials.sessionToken { headers.add("x-amz-security-token", token) }
    let path = place.path(of: request.key)
    let query = PercentEncoding.query(request.query)
    let signature = S3Signature(
      method: request.method.rawValue, path: path, query: query,
      headers: headers.fields + [HTTPHeaders.Field(name: "host", value: place.host)], payload: payload, stamp: stamp, region: place.region)
    headers.add("Authorization", signature.authorization(credentials))
    let url = "\(place.scheme)://\(place.host)\(path)" + (query.isEmpty ? "" : "?\(query)")
    return HTTPRequest(request.method, url, headers: headers, body: request.body)
  }
}
