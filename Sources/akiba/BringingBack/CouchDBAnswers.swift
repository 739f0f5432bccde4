import Deployments
import FoundationEssentials
import Primitives
import Remotes

/// A CouchDB that has just been started, asked over HTTP as its own users ask it.
struct CouchDBAnswers {
  enum Failure: Error {
    /// Nothing listens there, or not yet.
    case silent
    case wrongPassword
    case status(Int)
  }

  private struct Counts: Decodable {
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

  init(address: String, user: String, password: Secret) {
    self.address = address
    client = HTTPClient(.init(connectTimeout: .seconds(5), stallTimeout: .seconds(60)))
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

  private func counts(of database: String) async throws -> Counts? {
    let header = authorization.withBytes { String(decoding: $0, as: UTF8.self) }
    let request = HTTPRequest(.get, "\(address)/\(PercentEncoding.encode(database))", headers: ["Authorization": header])
    let response: HTTPResponse
    do { response = try await client.send(request) } catch is HTTPError { throw Failure.silent }
    switch response.status {
    case 200: return try JSONDecoder().decode(Counts.self, from: Data(response.body))
    case 401, 403: throw Failure.wrongPassword
    case 404: return nil
    default: throw Failure.status(response.status)
    }
  }
}
