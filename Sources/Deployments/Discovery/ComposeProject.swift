/// One CHT project on an engine: its containers, running or not, its upgrade service, its volumes.
struct ComposeProject: Sendable {
  /// Labels that both generations of Compose, and Podman's, set.
  enum Label {
    static let project = "com.docker.compose.project"
    static let service = "com.docker.compose.service"
    static let workingFolder = "com.docker.compose.project.working_dir"
    static let environmentFile = "com.docker.compose.project.environment_file"
    static let volume = "com.docker.compose.volume"
    static let oneOff = "com.docker.compose.oneoff"
  }

  static let dataMount = "/opt/couchdb/data"
  static let localDMount = "/opt/couchdb/etc/local.d"
  static let tlsMount = "/etc/nginx/private"
  static let credentialsVolume = "cht-credentials"
  static let tlsVolume = "cht-ssl"

  let name: String
  var containers: [DockerContainer] = []
  var upgradeService: DockerContainer?
  var volumes: [DockerVolume] = []

  /// All CHT projects of an engine, by name.
  ///
  /// A project is known by its containers, by the upgrade service that runs it, or, when everything was removed, by its volumes.
  static func all(in snapshot: EngineSnapshot) -> [ComposeProject] {
    var projects: [String: ComposeProject] = [:]
    for container in snapshot.containers where !container.isOneOff && container.labels[DockerEngine.readerLabel] == nil {
      if ImageName(container.image).isUpgradeService {
        let name = container.variable("CHT_COMPOSE_PROJECT_NAME").flatMap { $0.isEmpty ? nil : $0 } ?? "cht"
        let known = projects[name]?.upgradeService
        // A stopped one may be left from before; the one that runs decides.
        if known == nil || container.isRunning { projects[name, default: .init(name: name)].upgradeService = container }
      } else if let name = container.labels[Label.project] ?? (container.isCHTCouchDB ? container.name : nil) {
        projects[name, default: .init(name: name)].containers.append(container)
      }
    }
    for volume in snapshot.volumes {
      guard let name = volume.project else { continue }
      projects[name, default: .init(name: name)].volumes.append(volume)
    }
    return projects.values.filter(\.isCHT).map(\.sorted).sorted { $0.name < $1.name }
  }

  private var isCHT: Bool {
    upgradeService != nil || containers.contains { ImageName($0.image).isCHT } || volumes.contains(where: \.isCHT)
  }

  private var sorted: ComposeProject {
    var copy = self
    copy.containers.sort { ($0.service, $0.name) < ($1.service, $1.name) }
    return copy
  }

  func volume(_ role: String) -> DockerVolume? {
    volumes.first { $0.labels[Label.volume] == role } ?? volumes.first { $0.name == "\(name)_\(role)" }
  }

  /// Of each service the container that counts: the one that runs, else the newest. A recreation that failed leaves both.
  var couchContainers: [DockerContainer] {
    let all = containers.filter(\.isCouchDB)
    return Dictionary(grouping: all, by: \.service).values.compactMap { candidates in
      candidates.max { ($0.isRunning ? 1 : 0, $0.started ?? "") < ($1.isRunning ? 1 : 0, $1.started ?? "") }
    }.sorted { $0.service < $1.service }
  }

  var nginx: DockerContainer? {
    let all = containers.filter { ImageName($0.image).component == "cht-nginx" || $0.service == "nginx" }
    return all.first(where: \.isRunning) ?? all.first
  }
}

extension DockerContainer {
  /// As its compose file calls it.
  package var composeService: String? { labels[ComposeProject.Label.service] }
  var service: String { labels[ComposeProject.Label.service] ?? name }
  var isRunning: Bool { state == .running }
  var isOneOff: Bool { labels[ComposeProject.Label.oneOff]?.lowercased() == "true" }

  var isCHTCouchDB: Bool { ImageName(image).component == "cht-couchdb" }
  var isCouchDB: Bool { mount(at: ComposeProject.dataMount) != nil || isCHTCouchDB }

  /// Destinations come with and without a slash at the end.
  func mount(at destination: String) -> DockerMount? {
    mounts.first { mount in
      var path = mount.destination[...]
      while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
      return path == destination
    }
  }
}

extension DockerMount {
  /// A volume that an image declares and nobody named: the engine calls it by 64 hexadecimal digits.
  var isAnonymous: Bool { kind == .volume && name.map { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) } ?? false }
}

extension DockerVolume {
  var isCHT: Bool { role != nil }

  /// `cht-credentials` or `cht-ssl`, by label, else by name.
  private var role: String? {
    [ComposeProject.credentialsVolume, ComposeProject.tlsVolume].first {
      labels[ComposeProject.Label.volume] == $0 || name.hasSuffix("_\($0)")
    }
  }

  var project: String? { labels[ComposeProject.Label.project] ?? role.map { String(name.dropLast($0.count + 1)) } }
}

extension DockerContainer.State {
  /// As Docker writes it.
  var text: String {
    switch self {
    case .created: "created"
    case .running: "running"
    case .paused: "paused"
    case .restarting: "restarting"
    case .removing: "removing"
    case .exited: "exited"
    case .dead: "dead"
    case .other(let text): text
    }
  }
}
