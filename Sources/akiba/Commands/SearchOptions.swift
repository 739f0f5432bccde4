import Primitives
import ArgumentParser
import Deployments
import SystemPackage

/// Where commands look for deployments.
struct SearchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Look in this folder instead of asking Docker.", valueName: "folder"))
  var chtDir: String?

  @Option(help: ArgumentHelp("Docker's data root, with --cht-dir, if it is not /var/lib/docker.", valueName: "folder"))
  var dockerRoot: String?

  @Option(help: ArgumentHelp("The engine to ask, as in DOCKER_HOST (default: all that answer on this host).", valueName: "address"))
  var engine: String?

  func validate() throws {
    if chtDir != nil, engine != nil { throw ValidationError("--cht-dir and --engine exclude each other") }
    if dockerRoot != nil, chtDir == nil { throw ValidationError("--docker-root needs --cht-dir") }
  }

  /// - Parameter known: what was said besides, for what cannot be found.
  func search(known: Deployment? = nil) async throws -> SearchResult {
    let now = Environment.now
    if let chtDir {
      let finder = FolderDiscovery(now: now, dockerFolder: dockerRoot.map(Environment.absolute), known: known)
      return SearchResult(deployments: try await finder.find(in: Environment.absolute(chtDir)), options: given)
    }
    let discovery = await Discovery(endpoints: try Environment.endpoints(named: engine), known: known, now: now)
    try Task.checkCancellation()
    return SearchResult(
      deployments: discovery.deployments, findings: discovery.findings, engines: discovery.engines, options: given)
  }

  /// These options again, for a command that is proposed.
  private var given: String {
    [("--cht-dir", chtDir), ("--docker-root", dockerRoot), ("--engine", engine)].compactMap { name, value in
      value.map { " \(name) \($0.asShellWord)" }
    }.joined()
  }
}
