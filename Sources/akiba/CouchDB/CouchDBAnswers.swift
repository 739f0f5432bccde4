import Deployments
import Files
import FoundationEssentials
import Primitives
import Remotes

/// A CouchDB asked over HTTP as its own users ask it.
struct CouchDBAnswers {
  enum Failure: Error {
    /// Nothing listens there, or not yet; or the connection broke. Why, in words.
    case silent(String)
    case wrongPassword
    case status(Int)
  }

  struct Counts: Decodable {
    let documents: Int
    let deleted: Int

    enum CodingKeys: String, CodingKey {
      case documents = "doc_count"
      case deleted = "doc_del_count"
    }
  }

  /// `http://172.18.0.4:5984`
  let address: String
  private let client: HTTPClient
  private let authorization: Secret

  /// - Parameters:
  ///   - network: where the address is, if not in this process's network.
  ///   - patience: how long an answer may take; a view may have to be made first.
  init(address: String, user: String, password: Secret, network: NetworkNamespace? = nil, patience: Duration = .seconds(60)) {
    self.address = address
    var options = HTTPClient.Options(connectTimeout: .seconds(5), stallTimeout: patience)
    options.network = network
    client = HTTPClient(options)
    authorization = password.withBytes { Secret("Basic " + Data(Array("\(user):".utf8) + $0).base64EncodedString()) }
  }

  /// What a database has less of than it should: services that run already may add documents, and delete some, but none goes away.
  ///
  /// - Returns: `nil` if nothing is missing.
  func shortfall(of database: Manifest.Database) async throws -> String? {
    guard let counts = try await counts(of: database.name) else { return "'\(database.name)' is not there" }
    guard counts.documents + counts.deleted < database.documents + database.deleted else { return nil }
    return "'\(database.name)' has \(counts.documents) documents and \(counts.deleted) deleted ones instead of \(database.documents) and "
      + "\(database.deleted)"
  }

  func counts(of database: String) async throws -> Counts? { try await json([database]) }

  /// - Parameters:
  ///   - path: elements, not yet encoded.
  ///   - query: encoded.
  /// - Returns: `nil` for what is not there.
  func json<Value: Decodable>(_ path: [String], query: String = "") async throws -> Value? {
    let response = try await get(path, query: query)
    guard response.status != 404 else { return nil }
    return try JSONDecoder().decode(Value.self, from: Data(Self.success(response).body))
  }

  /// Whatever the status.
  func get(_ path: [String], query: String = "") async throws -> HTTPResponse {
    do { return try await client.send(request(path, query)) } catch let error as HTTPError { throw Failure.silent(error.summary) }
  }

  /// - Throws: `Failure`; what `consume` throws.
  func stream<State: Sendable>(
    _ path: [String], query: String = "", into state: State, _ consume: @escaping @Sendable (inout State, RawSpan) throws -> Void
  ) async throws -> State {
    do {
      let streamed = try await client.stream(request(path, query), into: state, consume)
      _ = try Self.success(streamed.response)
      return streamed.state
    } catch let error as HTTPError { throw Failure.silent(error.summary) }
  }

  private func request(_ path: [String], _ query: String) -> HTTPRequest {
    let header = authorization.withBytes { String(decoding: $0, as: UTF8.self) }
    let path = path.map { PercentEncoding.encode($0) }.joined(separator: "/")
    return HTTPRequest(.get, "\(address)/\(path)\(query.isEmpty ? "" : "?\(query)")", headers: ["Authorization": header])
  }

  private static func success(_ response: HTTPResponse) throws -> HTTPResponse {
    switch response.status {
    case 200: return response
    case 401, 403: throw Failure.wrongPassword
    default: throw Failure.status(response.status)
    }
  }
}
