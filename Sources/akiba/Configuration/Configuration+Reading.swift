import Deployments
import Files
import Primitives
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
      keys: ["deployment", "kind", "docker", "nodes", "files", "indexes", "freeze-last", "key-file", "locations"])

    deployment = try Self.deployment(top)
    docker = try Self.docker(top)
    kind = try Self.kind(top, hasDocker: docker != nil)
    keyFile = try top.path("key-file")
    locations = try top.list("locations").map { node in
      let section = try Section(node, named: "a location", in: path, keys: ["name", "path"])
      return Location(name: try section.text("name"), folder: try section.path("path"), line: node.mark?.line)
    }
    self.path = path
    try checkLocations(top)
  }

  private static func docker(_ top: Section) throws -> Docker? {
    guard let node = top.node("docker") else { return nil }
    let section = try Section(node, named: "'docker'", in: top.file, keys: ["project", "engine"])
    return Docker(project: try section.text("project"), engine: try section.textIfPresent("engine"))
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

  private func checkLocations(_ top: Section) throws {
    guard !locations.isEmpty else { throw top.error("'locations' needs at least one entry with 'name' and 'path'") }
    func refuse(_ location: Location, _ problem: String) -> ConfigurationError {
      ConfigurationError(path: path, line: location.line, problem: problem)
    }
    for (index, location) in locations.enumerated() {
      if locations[..<index].contains(where: { $0.name == location.name }) {
        throw refuse(location, "two locations are named '\(location.name)'")
      }
      if locations[..<index].contains(where: { $0.folder == location.folder }) {
        throw refuse(location, "two locations are in '\(location.folder)'")
      }
      for node in deployment.nodes where try Self.real(location.folder).starts(with: Self.real(node.dataFolder)) {
        throw refuse(
          location,
          "location '\(location.name)' lies inside the data folder '\(node.dataFolder)'; CouchDB's disk is no place for its backup")
      }
    }
  }

  /// With the symlinks of what exists resolved.
  private static func real(_ path: FilePath) throws -> FilePath {
    var existing = path
    var rest: [FilePath.Component] = []
    while try FileMetadata.ifPresent(existing) == nil, let last = existing.lastComponent {
      rest.append(last)
      existing.removeLastComponent()
    }
    return rest.reversed().reduce(try existing.resolved()) { $0.appending($1) }
  }
}
