import Deployments
import Files
import Primitives
import Repositories
import SystemPackage
import Yams

extension Configuration {
  static func read(from path: FilePath) throws -> Configuration {
    let file: HeldFile
    do {
      file = try HeldFile(opening: path)
    } catch  where error.errno == .noSuchFileOrDirectory {
      throw ConfigurationError(
        path: path, line: nil, problem: "not found",
        hints: ["'akiba init' writes one", "name another with --config, or in the environment variable AKIBA_CONFIG"])
    }
    return try Configuration(text: String(decoding: file.bytes(at: 0, count: file.byteCount), as: UTF8.self), path: path)
  }

  init(text: String, path: FilePath) throws {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw ConfigurationError(path: path, line: error.line, problem: "not YAML: \(error.problem)")
    }
    guard let root else { throw ConfigurationError(path: path, line: nil, problem: "empty", hints: ["'akiba init' writes one"]) }
    let top = try Section(
      root, named: "the configuration", in: path,
      keys: ["deployment", "kind", "docker", "nodes", "files", "indexes", "freeze-last", "key-file", "state", "drill", "locations"])

    deployment = try Self.deployment(top)
    docker = try Self.docker(top)
    kind = try Self.kind(top, hasDocker: docker != nil)
    keyFile = try top.path("key-file")
    stateFolder = try top.pathIfPresent("state") ?? Self.usualState(path)
    locations = try top.list("locations").map { try LocationReading($0, in: path).location() }
    drill = try Self.drill(top)
    self.path = path
    guard !locations.isEmpty else { throw top.error("'locations' needs at least one entry with 'name' and 'path'") }
    try checkLocations()
  }

  private static func docker(_ top: Section) throws -> Docker? {
    guard let node = top.node("docker") else { return nil }
    let section = try Section(node, named: "'docker'", in: top.file, keys: ["project", "engine"])
    let engine = try section.textIfPresent("engine")
    if let engine, !DockerEndpoint.isUsable(engine) {
      throw section.error(
        "'engine' is no address of a container engine that can be asked", at: "engine",
        hints: ["write 'unix:///path/of/docker.sock' or 'tcp://host:port', or leave it out: then engines are looked for"])
    }
    return Docker(project: try section.text("project"), engine: engine)
  }

  private static func drill(_ top: Section) throws -> Drill {
    guard let node = top.node("drill") else { return Drill() }
    let section = try Section(node, named: "'drill'", in: top.file, keys: ["scratch", "couchdb", "recovery-key"])
    return Drill(
      scratch: try section.pathIfPresent("scratch"), couchdb: try section.pathIfPresent("couchdb"),
      recoveryKey: try section.pathIfPresent("recovery-key"))
  }

  private static func kind(_ top: Section, hasDocker: Bool) throws -> Installation.Kind {
    guard let text = try top.textIfPresent("kind") else { return hasDocker ? .docker : .folder }
    guard let kind = Installation.Kind(rawValue: text) else {
      let known = Installation.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw top.error("'kind' is '\(text)'; it can be \(known)", at: "kind")
    }
    return kind
  }

  private static func deployment(_ top: Section) throws -> Deployment {
    let nodes = try top.list("nodes").map { node in
      let section = try Section(node, named: "a node", in: top.file, keys: ["name", "data", "local-d", "local-ini"])
      return CouchNodeSource(
        name: try section.textIfPresent("name"), dataFolder: try section.path("data"), localD: try section.pathIfPresent("local-d"),
        localINI: try section.pathIfPresent("local-ini"))
    }
    guard !nodes.isEmpty else { throw top.error("'nodes' needs at least one entry with 'data: FOLDER'") }
    let indexes = try top.textIfPresent("indexes") ?? IndexChoice.keep.rawValue
    guard let choice = IndexChoice(rawValue: indexes) else {
      throw top.error("'indexes' is '\(indexes)'; it can be 'keep' or 'leave-out'", at: "indexes")
    }
    return Deployment(
      name: try top.text("deployment"), nodes: nodes, folders: try folders(top), indexes: choice,
      freezeLast: try top.texts("freeze-last") ?? Deployment.defaultFreezeLast)
  }

  private static func folders(_ top: Section) throws -> [CapturedFolder] {
    guard let node = top.node("files") else { return [] }
    let section = try Section(node, named: "'files'", in: top.file, keys: CapturedFolder.Place.allCases.map(\.rawValue))
    return try CapturedFolder.Place.allCases.flatMap { place in
      if place == .extra { return try section.paths(place.rawValue).map { CapturedFolder(place: place, source: $0) } }
      return try section.pathIfPresent(place.rawValue).map { [CapturedFolder(place: place, source: $0)] } ?? []
    }
  }
}

extension DockerEndpoint {
  /// Whether this is an address as in `DOCKER_HOST`. It may have a password in it, so nobody repeats it.
  fileprivate static func isUsable(_ address: String) -> Bool {
    (try? candidates(environment: ["DOCKER_HOST": address], home: nil, userID: 0)) != nil
  }
}
