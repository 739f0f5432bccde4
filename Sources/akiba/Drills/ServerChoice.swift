import Deployments
import Files
import Primitives
import SystemPackage

/// Which CouchDB is at hand for a drill, or why none.
enum ServerChoice {
  case server(any DrillServer)
  case none(String)

  static func choose(_ options: DrillOptions, _ configuration: Configuration, _ manifest: Manifest, room: FilePath) async -> ServerChoice {
    if options.offline { return .none("--offline was given") }
    if manifest.nodes.count != 1 { return .none("the cluster has \(manifest.nodes.count) nodes, and a drill starts one") }
    if !Environment.isRoot { return .none("a CouchDB in a network of its own is started by root") }
    if let executable = options.couchdb.map({ Environment.absolute($0) }) ?? configuration.drill.couchdb {
      guard (try? FileMetadata.ifPresent(executable)) ?? nil != nil else { return .none("there is no '\(executable)'") }
      return .server(ExecutableServer(executable: executable, room: room))
    }
    return await container(options, configuration, manifest)
  }

  private static func container(_ options: DrillOptions, _ configuration: Configuration, _ manifest: Manifest) async -> ServerChoice {
    guard let engine = await engine(of: configuration) else {
      return .none("no container engine answers, and no CouchDB program is named (--couchdb, or 'drill: {couchdb: FILE}')")
    }
    guard let image = await engine.couchDBImage(ofImageIn: manifest) else {
      return .none("the engine has no image of the deployment's CouchDB, and no CouchDB program is named (--couchdb)")
    }
    return .server(
      ContainerServer(
        engine: engine, image: image, container: DrillScratch.name(for: configuration.deployment.name),
        owner: configuration.stateFolder.string,
        memory: options.memory << 20))
  }

  /// One on this host.
  private static func engine(of configuration: Configuration) async -> DockerEngine? {
    for endpoint in (try? Environment.endpoints(named: configuration.docker?.engine)) ?? [] {
      guard let engine = try? await DockerEngine.connect(to: endpoint), let snapshot = try? await EngineSnapshot(of: engine),
        snapshot.isLocal
      else { continue }
      return engine
    }
    return nil
  }

  /// What a drill that was killed may have left, whichever server it had.
  static func clearLeftovers(_ options: DrillOptions, _ configuration: Configuration, room: FilePath) async throws {
    guard Environment.isRoot else { return }
    try await ExecutableServer(executable: "", room: room).clear()
    guard let engine = await engine(of: configuration) else { return }
    try await ContainerServer(
      engine: engine, image: "", container: DrillScratch.name(for: configuration.deployment.name), owner: configuration.stateFolder.string,
      memory: 0
    ).clear()
  }
}
