import Deployments
import SystemPackage
import TestSupport

/// The same for Docker and for Podman: a server and an engine connected to it.
struct TestEngine {
  enum Kind: String, CaseIterable, Sendable {
    case docker, podman

    static let possible = allCases.filter { $0 == .docker ? DockerDaemon.isPossible : PodmanService.isPossible }
  }

  let kind: Kind
  let engine: DockerEngine
  /// Keeps it alive.
  private let server: any AnyObject & Sendable
  private let command: @Sendable ([String]) throws -> Program.Output

  init(_ kind: Kind, changes: [String] = []) async throws {
    self.kind = kind
    let socket: String
    switch kind {
    case .docker:
      let daemon = try DockerDaemon()
      try daemon.importBusybox(changes: changes)
      (server, socket, command) = (daemon, daemon.socket, { try daemon.run($0) })
    case .podman:
      let service = try PodmanService()
      try service.importBusybox(changes: changes)
      (server, socket, command) = (service, service.socket, { try service.run($0) })
    }
    engine = try await DockerEngine.connect(to: .unix(FilePath(socket)))
  }

  struct Failed: Error { let text: String }

  /// Of the docker or podman command; what both understand.
  @discardableResult
  func run(_ arguments: String...) throws -> String {
    let output = try command(arguments)
    guard output.status == 0 else { throw Failed(text: output.standardError) }
    return output.text.split(separator: "\n").last.map(String.init) ?? ""
  }
}
