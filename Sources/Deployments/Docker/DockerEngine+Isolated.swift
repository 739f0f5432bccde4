import FoundationEssentials
import Remotes

/// A container that can touch nothing: no network but its own loopback, no published port, no right of the kernel's, nothing of the host but
/// the folders it is given, never started again by the engine.
package struct IsolatedContainer: Sendable {
  package let name: String
  /// Id or name; it has to be there, nothing is pulled.
  package let image: String
  package let labels: [String: String]
  package let command: [String]
  /// `NAME=VALUE`.
  package var environment: [String] = []
  /// `USER:GROUP`, as numbers.
  package let user: String
  /// On the host and inside, both writable there.
  package let folders: [(host: String, inside: String)]
  /// In bytes.
  package let memory: Int

  package init(
    name: String, image: String, labels: [String: String], command: [String], environment: [String], user: String,
    folders: [(host: String, inside: String)], memory: Int
  ) {
    self.name = name
    self.image = image
    self.labels = labels
    self.command = command
    self.environment = environment
    self.user = user
    self.folders = folders
    self.memory = memory
  }
}

extension DockerEngine {
  /// Makes it and starts it.
  ///
  /// - Returns: its id.
  package func run(_ container: IsolatedContainer) async throws -> String {
    let call = ["containers", "create"]
    let response = try await client.send(
      HTTPRequest(
        .post, address(call, query: "name=\(Self.encoded(container.name))"), headers: ["Content-Type": "application/json"],
        body: [UInt8](JSONEncoder().encode(Creation(container)))))
    guard response.isSuccess else { throw refusal(response, call) }
    struct Created: Decodable { let Id: String }
    let id = try JSONDecoder().decode(Created.self, from: Data(response.body)).Id
    try await start(id)
    return id
  }

  /// Running or not, with the volumes its image asks for.
  package func removeForGood(_ container: String) async throws {
    let call = ["containers", container]
    let response = try await client.send(HTTPRequest(.delete, address(call, query: "force=1&v=1")))
    // 409: it is being removed already.
    guard response.isSuccess || response.status == 404 || response.status == 409 else { throw refusal(response, call) }
  }

  private struct Creation: Encodable {
    struct Host: Encodable {
      let NetworkMode = "none"
      let Binds: [String]
      let RestartPolicy = ["Name": "no"]
      let Memory: Int
      let CpuShares = 128
      let PidsLimit = 1024
      let CapDrop = ["ALL"]
      let SecurityOpt = ["no-new-privileges"]
      let ReadonlyRootfs = true
      let Tmpfs = ["/tmp": "", "/run": ""]
    }

    let Image: String
    let Labels: [String: String]
    let Entrypoint: [String]
    let Cmd: [String] = []
    let Env: [String]
    let User: String
    let WorkingDir = "/tmp"
    let Healthcheck = ["Test": ["NONE"]]
    let HostConfig: Host

    init(_ container: IsolatedContainer) {
      Image = container.image
      Labels = container.labels
      Entrypoint = container.command
      Env = container.environment
      User = container.user
      HostConfig = Host(Binds: container.folders.map { "\($0.host):\($0.inside)" }, Memory: container.memory)
    }
  }
}
