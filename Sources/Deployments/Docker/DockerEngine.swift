import FoundationEssentials
package import Remotes

/// A Docker engine, or Podman's imitation of one, that answered.
package struct DockerEngine: Sendable {
  /// Of what we ask, all was there in 1.24 (Docker 1.12). Docker 29 speaks 1.44 and above only, Docker 20.10 up to 1.41.
  private static let oldest = APIVersion(major: 1, minor: 24)
  /// The newest whose documentation we have read.
  private static let newest = APIVersion(major: 1, minor: 51)
  /// An engine is on this machine or near; a frozen one should not hold up the rest.
  package static let patience = HTTPClient.Options(connectTimeout: .seconds(10), stallTimeout: .seconds(30))

  /// Each takes its whole patience: so many containers that do not answer are the engine's failure.
  private static let mostTimeouts = 3

  package let endpoint: DockerEndpoint
  /// The version of the API that is spoken with it: `1.41`.
  package let apiVersion: String
  let client: HTTPClient

  /// - Parameter options: of time and size; where to connect to comes from the endpoint.
  /// - Throws: `HTTPError` if nothing answers, `DockerError` if it is nothing we can work with.
  package static func connect(to endpoint: DockerEndpoint, options: HTTPClient.Options = patience) async throws -> DockerEngine {
    let client = HTTPClient(try endpoint.options(options))
    let response = try await client.send(HTTPRequest(.get, endpoint.base + "/_ping"))
    guard response.isSuccess, let text = response.headers["Api-Version"], let version = APIVersion(text) else {
      throw DockerError(.notAnEngine, "what answers at '\(endpoint)' is not a docker engine")
    }
    guard version >= oldest else {
      throw DockerError(
        .tooOld, "the docker engine at '\(endpoint)' speaks version \(version) of its API; \(oldest) is needed",
        hints: ["upgrade Docker to 1.12 or newer"])
    }
    return DockerEngine(endpoint: endpoint, apiVersion: min(version, newest).description, client: client)
  }

  private struct APIVersion: Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
      self.major = major
      self.minor = minor
    }

    init?(_ text: String) {
      let parts = text.split(separator: ".").map { Int($0) }
      guard parts.count >= 2, let major = parts[0], let minor = parts[1] else { return nil }
      self.init(major: major, minor: minor)
    }

    var description: String { "\(major).\(minor)" }

    static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
  }
}

// MARK: Questions

extension DockerEngine {
  package func version() async throws -> DockerVersion {
    try await (get(["version"]) as DockerAnswers.Version).value
  }

  package func info() async throws -> DockerInfo {
    try await (get(["info"]) as DockerAnswers.Info).value
  }

  /// Those of `listContainers` that the engine describes.
  package func containers() async throws -> [DockerContainer] { try await listContainers().containers }

  /// All of them, those that do not run too. One that goes away meanwhile is left out; one that the engine fails to describe is named.
  ///
  /// - Throws: also if several are not described in time: then the engine is stuck, not they.
  package func listContainers() async throws -> DockerContainerList {
    let listed: [DockerAnswers.ListedContainer] = try await get(["containers", "json"], query: "all=1")
    var list = DockerContainerList()
    var timeouts = 0
    for id in listed.compactMap(\.Id) {
      do {
        list.containers.append(try await container(id))
      } catch let error as DockerError {
        if error.kind != .noSuchContainer { list.failed.append(id) }
      } catch let error as HTTPError where [.timedOut, .broken, .tooLarge].contains(error.kind) {
        if error.kind == .timedOut { timeouts += 1 }
        guard timeouts < Self.mostTimeouts else { throw error }
        list.failed.append(id)
      }
    }
    return list
  }

  /// - Parameter name: or id.
  package func container(_ name: String) async throws -> DockerContainer {
    let missing = DockerError(.noSuchContainer, "the docker engine at '\(endpoint)' has no container '\(name)'")
    return try await (get(["containers", name, "json"], missing: missing) as DockerAnswers.Container).value
  }

  package func volumes() async throws -> [DockerVolume] {
    try await (get(["volumes"]) as DockerAnswers.Volumes).values
  }

  /// - Parameter id: or name.
  package func image(_ id: String) async throws -> DockerImage {
    let missing = DockerError(.noSuchImage, "the docker engine at '\(endpoint)' has no image '\(id)'")
    return try await (get(["images"] + id.split(separator: "/").map(String.init) + ["json"], missing: missing) as DockerAnswers.Image).value
  }

  /// - Parameter missing: what 404 means.
  private func get<Value: Decodable>(_ path: [String], query: String? = nil, missing: DockerError? = nil) async throws -> Value {
    let response = try await client.send(HTTPRequest(.get, address(path, query: query)))
    if response.status == 404, let missing { throw missing }
    guard response.isSuccess else { throw refusal(response, path) }
    do {
      return try JSONDecoder().decode(Value.self, from: Data(response.body))
    } catch {
      throw DockerError(
        .malformed, "the docker engine at '\(endpoint)' answers '\(path.joined(separator: "/"))' in a way that cannot be read")
    }
  }

  /// - Parameter path: elements, not yet encoded.
  /// - Parameter query: encoded.
  func address(_ path: [String], query: String? = nil) -> String {
    let path = path.map { Self.encoded($0) }.joined(separator: "/")
    return "\(endpoint.base)/v\(apiVersion)/\(path)\(query.map { "?" + $0 } ?? "")"
  }

  static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e, 0x3a: String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }

  func refusal(_ response: HTTPResponse, _ path: [String]) -> DockerError {
    let message = (try? JSONDecoder().decode(DockerAnswers.Message.self, from: Data(response.body)))?.message
    let reason = message.map { ": " + $0.prefix(300).replacing("\n", with: " ") } ?? ""
    return DockerError(
      .refused, "the docker engine at '\(endpoint)' answers '\(path.joined(separator: "/"))' with status \(response.status)\(reason)")
  }
}

/// The containers of an engine.
package struct DockerContainerList: Sendable {
  package fileprivate(set) var containers: [DockerContainer] = []
  /// Ids of those that are there and that the engine failed to describe.
  package fileprivate(set) var failed: [String] = []
}
