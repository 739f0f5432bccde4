import SystemPackage

/// The directory of CHT 4 and 5 on Docker, in the ways CHT's guides and helpers have laid it out.
///
/// - the guide: `compose/`, `upgrade-service/{docker-compose.yml,.env}`, `couchdb/`
/// - a first run after the upgrade service's README: `docker-compose.yml` and `.env` above `compose/`
/// - the docker helper: `compose/`, `couch/`, `upgrade-service.yml`; its `.env` lies elsewhere
/// - the old Swarm guide: `docker-compose.yml`, `.env` and `couchdb/`, no `compose/`
struct CHTDirectory {
  private let root: FilePath
  private let environment: DeploymentLayout.Environment
  private let dockerVolumes: FilePath

  private static let upgradeFiles = [
    "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml", "upgrade-service.yml", ".env",
  ]
  private static let dataVariables = ["COUCHDB_DATA", "DB1_DATA", "DB2_DATA", "DB3_DATA"]
  /// Where relative and unset data folders end up: the upgrade service's path, which Docker takes for the host's.
  private static let containerFolder: FilePath = "/docker-compose"

  init(_ root: FilePath, environment: @escaping DeploymentLayout.Environment, dockerVolumes: FilePath) {
    self.root = root
    self.environment = environment
    self.dockerVolumes = dockerVolumes
  }

  func layout() async throws -> RecognizedLayout? {
    let compose = root.appending("compose")
    let service = root.appending("upgrade-service")
    let hasCompose = try Place.hasComposeFile(compose)
    let hasService = try Place.hasComposeFile(service)
    let files = try Self.upgradeFiles.map { root.appending(path: $0) }.filter { try Place.isFile($0) }
    let hasFiles = files.contains { $0.extension != nil }
    let hasEnvironment = try Place.isFile(service.appending(".env"))
    let isOne =
      try hasCompose && (hasService || hasEnvironment || hasFiles) || hasService && hasEnvironment || hasFiles && !besides().isEmpty
    guard isOne else { return nil }

    var layout = RecognizedLayout(.chtDirectory, root)
    layout.composeFolder = hasCompose ? compose : nil
    layout.upgradeService = try Place.isFolder(service) ? [service] : files
    let variables = try await readEnvironment(&layout)
    try addData(variables, &layout)
    try addVolumes(variables["CHT_COMPOSE_PROJECT_NAME"] ?? "cht", &layout)
    layout.extras = try Place.present([root.appending("certbot"), root.appending("certs")])
    return layout
  }

  private func readEnvironment(_ layout: inout RecognizedLayout) async throws -> [String: String] {
    let files = [root.appending(path: "upgrade-service/.env"), root.appending(".env")]
    guard let file = try files.first(where: { try Place.isFile($0) }) else {
      layout.notes.append("there is no '.env' here: keep the one the upgrade service was started with, too")
      return [:]
    }
    layout.environmentFile = file
    return await environment(file)
  }

  /// Data folders by the names guides give them.
  private func besides() throws -> [FilePath] {
    try ["couchdb", "couch", "srv", "srv1", "srv2", "srv3"].map { root.appending(path: $0) }.filter { try Place.isDataFolder($0) }
  }

  /// `.env` says what was meant, the folders say what is.
  private func addData(_ variables: [String: String], _ layout: inout RecognizedLayout) throws {
    var found: [FilePath] = []
    for name in Self.dataVariables {
      guard let value = variables[name], !value.isEmpty else { continue }
      let path = FilePath(value).isAbsolute ? FilePath(value) : Self.containerFolder.pushing(FilePath(value)).lexicallyNormalized()
      if try Place.isDataFolder(path) {
        if !found.contains(path) { found.append(path) }
      } else {
        layout.missing.append(.init(variable: name, folder: path, problem: "\(name) in '.env' is '\(value)', and \(try complaint(path))"))
      }
    }
    let besides = try besides()
    if found.isEmpty { found = besides }
    if found.isEmpty {
      found = try ["srv", "srv1", "srv2", "srv3"].map { Self.containerFolder.appending(path: $0) }.filter { try Place.isDataFolder($0) }
    }
    for other in besides where !found.contains(other) {
      layout.notes.append("'\(other)' holds CouchDB data, too, and '.env' names another folder: is it left over?")
    }
    if found.isEmpty {
      layout.notes.append("no CouchDB data folder was found: name it with the couchdb container's mount at /opt/couchdb/data")
    }
    layout.nodes = found.map { RecognizedLayout.Node(dataFolder: $0, settings: []) }
  }

  private func complaint(_ path: FilePath) throws -> String {
    do {
      try DataFolderError.check(path)
      return "it holds data"
    } catch let error as DataFolderError {
      return ([error.summary] + error.hints.prefix(1)).joined(separator: ": ")
    }
  }

  /// Credentials and certificates are in Docker's volumes; who may look there finds them without Docker.
  private func addVolumes(_ project: String, _ layout: inout RecognizedLayout) throws {
    let credentials = dockerVolumes.appending(path: "\(project)_cht-credentials/_data")
    let ssl = dockerVolumes.appending(path: "\(project)_cht-ssl/_data")
    if (try? Place.isFolder(ssl)) == true {
      layout.tls = RecognizedLayout.TLS(folder: ssl, certificate: TLSPair.certificateName, key: TLSPair.keyName)
    }
    if (try? Place.isFolder(credentials)) == true, let first = layout.nodes.first {
      // Nodes 2 and 3 of a Docker cluster have no volume: theirs is made anew from node 1's.
      layout.nodes[0] = RecognizedLayout.Node(dataFolder: first.dataFolder, settings: [credentials])
    }
    if layout.tls == nil || layout.nodes.first?.settings.isEmpty != false {
      layout.notes.append("the volumes '\(project)_cht-credentials' and '\(project)_cht-ssl' are Docker's and are not seen from here")
    }
  }
}
