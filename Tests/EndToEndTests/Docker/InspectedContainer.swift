import Foundation
import TestSupport

/// What the engine says about a container, as `docker inspect` shows it.
struct InspectedContainer: Decodable {
  struct Configuration: Decodable {
    let Image: String
    /// Null if there is nothing.
    let Env: [String]?
    let Labels: [String: String]
  }
  struct State: Decodable {
    let Status: String
    let ExitCode: Int
  }
  struct Mount: Decodable {
    let `Type`: String
    let Name: String?
    let Source: String
    let Destination: String
  }
  struct Host: Decodable {
    struct Port: Decodable { let HostPort: String }
    /// Podman has null for a port that is not published.
    let PortBindings: [String: [Port]?]
  }
  struct Settings: Decodable {
    struct Network: Decodable {}
    let Networks: [String: Network]
  }

  let Name: String
  let RestartCount: Int
  let Config: Configuration
  let State: State
  let Mounts: [Mount]
  let HostConfig: Host
  let NetworkSettings: Settings

  func mount(_ destination: String) -> Mount? { Mounts.first { $0.Destination.hasPrefix(destination) } }
  func label(_ name: String) -> String? { Config.Labels["com.docker.compose.\(name)"] }
}

extension CHTHost {
  func inspect(_ name: String?) throws -> InspectedContainer {
    let text = try docker("inspect", "--type", "container", name ?? "")
    guard let container = try JSONDecoder().decode([InspectedContainer].self, from: Data(text.utf8)).first else {
      throw CocoaError(.fileReadNoSuchFile)
    }
    return container
  }
}
