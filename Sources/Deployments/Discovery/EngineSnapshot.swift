package import SystemPackage

/// Everything an engine has, read once.
package struct EngineSnapshot: Sendable {
  package let endpoint: String
  /// Reached by a socket or by loopback: its paths are paths of this host.
  package let isLocal: Bool
  package let version: DockerVersion
  /// `/var/lib/docker` of Docker.
  package let rootFolder: FilePath?
  package let containers: [DockerContainer]
  /// Ids of containers the engine would not tell about.
  package let notInspected: [String]
  package let volumes: [DockerVolume]
  /// By id: those that containers use.
  package let images: [String: DockerImage]

  package init(of engine: DockerEngine) async throws {
    endpoint = engine.endpoint.description
    isLocal = engine.endpoint.isLocal
    version = try await engine.version()
    let folder = try await engine.info().dataFolder
    rootFolder = folder.isEmpty ? nil : FilePath(folder)
    let list = try await engine.listContainers()
    containers = list.containers
    notInspected = list.failed
    volumes = try await engine.volumes()
    var images: [String: DockerImage] = [:]
    for id in Set(containers.map(\.imageID)) { images[id] = try? await engine.image(id) }
    self.images = images
  }
}

extension DockerEndpoint {
  var isLocal: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _, _): ["localhost", "127.0.0.1", "::1"].contains(host)
    }
  }
}
