import ArgumentParser
import Deployments
import SystemPackage

struct DiscoverCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "discover",
    abstract: "Find CHT deployments on this host, with all that belongs to them.",
    discussion: """
      Asks the container engine (Docker or Podman, through its socket) for projects, mounts and volumes, reads '.env' as Compose does, and \
      looks at certificate, credentials and data folders. It changes nothing and shows no secret.

      Without an engine: akiba discover --cht-dir /home/ubuntu/cht
      """)

  @OptionGroup var search: SearchOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) async throws -> ExitStatus {
    let result = try await search.search()
    guard !result.deployments.isEmpty else { throw result.nothing }
    for found in result.deployments {
      console.emit(DeploymentEvent(found))
      for line in DeploymentText(found).lines { console.say(line) }
      console.show(found.findings)
      console.say("")
    }
    for command in result.nextCommands { console.say("next: \(command)") }
    return .success
  }
}

/// A deployment as a program reads it.
struct DeploymentEvent: Encodable {
  struct Node: Encodable {
    let data: String
    let localD: String?
    let localINI: String?

    enum CodingKeys: String, CodingKey {
      case data
      case localD = "local_d"
      case localINI = "local_ini"
    }
  }

  struct Captured: Encodable {
    let place: String
    let source: String
  }

  let type = "deployment"
  let name: String
  let installation: Installation
  let nodes: [Node]
  let files: [Captured]
  let leftOut: [Manifest.LeftOut]

  init(_ found: FoundDeployment) {
    name = found.name
    installation = found.installation
    nodes = found.nodes.map { Node(data: $0.dataFolder.string, localD: $0.localD?.string, localINI: $0.localINI?.string) }
    files = found.folders.map { Captured(place: $0.place.rawValue, source: $0.source.string) }
    leftOut = found.leftOut
  }

  enum CodingKeys: String, CodingKey {
    case type, name, installation, nodes, files
    case leftOut = "left_out"
  }
}
