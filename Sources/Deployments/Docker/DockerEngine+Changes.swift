import FoundationEssentials
import Remotes

/// What a restore changes on an engine. Each may be asked for once more after it was done: then nothing happens.
extension DockerEngine {
  /// In seconds, before a container is killed: less than the client waits for an answer.
  private static let stopPatience = 20

  /// Makes a volume of the local driver. Compose warns of one that has not its labels.
  ///
  /// - Returns: the one that is there already, as it is, if there is one.
  package func makeVolume(_ name: String, labels: [String: String]) async throws -> DockerVolume {
    struct Creation: Encodable {
      let Name: String
      let Driver = "local"
      let Labels: [String: String]
    }
    try await change(["volumes", "create"], Creation(Name: name, Labels: labels))
    guard let volume = try await volumes().first(where: { $0.name == name }) else {
      throw DockerError(.malformed, "the docker engine at '\(endpoint)' made volume '\(name)' and does not list it")
    }
    return volume
  }

  /// - Parameter policy: `no`, `always`, `unless-stopped`. With `no` neither a reboot nor the engine's own restart starts the container.
  package func setRestartPolicy(of container: String, to policy: String) async throws {
    struct Update: Encodable {
      struct Policy: Encodable { let Name: String }
      let RestartPolicy: Policy
    }
    try await change(["containers", container, "update"], Update(RestartPolicy: .init(Name: policy)))
  }

  /// A container that does not end when asked is killed.
  package func stop(_ container: String) async throws {
    try await change(["containers", container, "stop"], query: "t=\(Self.stopPatience)", Nothing())
  }

  package func start(_ container: String) async throws { try await change(["containers", container, "start"], Nothing()) }

  /// A stopped one. All its volumes stay, also those nobody named.
  package func remove(stopped container: String) async throws {
    let call = ["containers", container]
    let response = try await client.send(HTTPRequest(.delete, address(call)))
    guard response.isSuccess || response.status == 404 else { throw refusal(response, call) }
  }

  private struct Nothing: Encodable {}

  private func change(_ call: [String], query: String? = nil, _ body: some Encodable) async throws {
    let response = try await client.send(
      HTTPRequest(
        .post, address(call, query: query), headers: ["Content-Type": "application/json"], body: [UInt8](JSONEncoder().encode(body))))
    // 304: it is so already.
    guard response.isSuccess || response.status == 304 else { throw refusal(response, call) }
  }
}
