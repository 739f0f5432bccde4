import CouchFormat
import Files
import SystemPackage

/// The CouchDB nodes of a project: their data folders and the credentials volume.
struct NodeSurvey {
  let project: ComposeProject
  let snapshot: EngineSnapshot
  /// What a person said, for what no container tells.
  let known: Deployment?

  func run(_ environment: HostEnvironmentFile?, _ found: inout FoundDeployment) {
    let containers = project.couchContainers
    if containers.isEmpty {
      addFromEnvironment(environment, &found)
    } else {
      for (index, container) in containers.enumerated() { add(container, index, of: containers.count, environment, &found) }
    }
    addCredentialsVolume(&found)
    checkCluster(containers, environment, &found)
  }

  private func add(
    _ container: DockerContainer, _ index: Int, of count: Int, _ environment: HostEnvironmentFile?, _ found: inout FoundDeployment
  ) {
    if container.isRunning {
      found.inUse.append(
        .init(container: container.name, folder: container.mount(at: ComposeProject.dataMount).map { FilePath($0.source) }))
    }
    guard let mount = container.mount(at: ComposeProject.dataMount) else {
      return found.fail(
        .dataInContainer, container.name,
        "container '\(container.name)' has nothing mounted at \(ComposeProject.dataMount): its data go when the container goes",
        remedy: "set \(HostEnvironmentFile.dataVariable) in '.env' and copy the data out, with CouchDB stopped: "
          + "docker cp \(container.name):\(ComposeProject.dataMount) FOLDER")
    }
    let folder = FilePath(mount.source)
    let localD = container.mount(at: ComposeProject.localDMount).map { FilePath($0.source) }
    found.nodes.append(CouchNodeSource(dataFolder: folder, localD: localD))
    let real = (try? folder.resolved()) ?? folder
    let how = mount.kind == .volume ? "volume '\(mount.name ?? "")'" : "a folder of the host"
    let link = real == folder ? "" : "; it leads to '\(real)'"
    found.add(
      .init(
        .data, folder.string, node: container.service,
        because: "container '\(container.name)' mounts it at \(ComposeProject.dataMount): \(how)\(link)"))
    if let localD {
      found.add(
        .init(
          .localD, localD.string, node: container.service,
          because: "container '\(container.name)' mounts it at \(ComposeProject.localDMount)"))
    }
    if mount.isAnonymous {
      found.warn(
        .dataInContainer, folder.string,
        "the data of container '\(container.name)' are in a volume without a name: it can go with the container",
        remedy: "set \(HostEnvironmentFile.dataVariable) in '.env' and copy the data there, with CouchDB stopped")
    }
    if mount.kind == .volume, let name = mount.name {
      found.installation.volumes.append(.init(name: name, mountpoint: mount.source, use: "CouchDB's data"))
    }
    compare(folder, mount, index, of: count, environment, &found)
    warnOfSharing(container, real, &found)
  }

  /// `docker compose up` would start CouchDB on the folder that `.env` names: an empty or an old one.
  private func compare(
    _ folder: FilePath, _ mount: DockerMount, _ index: Int, of count: Int, _ environment: HostEnvironmentFile?,
    _ found: inout FoundDeployment
  ) {
    guard let environment, !environment.values.isEmpty, mount.kind == .bind else { return }
    let intended = environment.intendedData(node: index, of: count)
    let real = (try? folder.resolved()) ?? folder
    guard ((try? intended.path.resolved()) ?? intended.path) != real, intended.path != folder else {
      if intended.isDefault {
        found.warn(
          .mountDiffers, folder.string,
          "\(intended.variable) is not set in '.env': the engine put the data of CouchDB into '\(folder)' on the host's root",
          remedy: "write \(intended.variable)=\(folder) into '.env', so that the next version of the compose files finds them, too")
      }
      return
    }
    found.fail(
      .mountDiffers, environment.path.string,
      "CouchDB's data are in '\(folder)', and '.env' says '\(intended.path)'\(intended.isDefault ? " (\(intended.variable) is not set)" : "")",
      remedy: "correct \(intended.variable) in '.env', or say which one counts: --project \(project.name) --data \(folder)")
  }

  /// Two CouchDBs on one folder destroy it; after a migration the old container is often still there.
  private func warnOfSharing(_ container: DockerContainer, _ real: FilePath, _ found: inout FoundDeployment) {
    for other in snapshot.containers where other.id != container.id && other.isCouchDB {
      guard let mount = other.mount(at: ComposeProject.dataMount) else { continue }
      let theirs = FilePath(mount.source)
      guard ((try? theirs.resolved()) ?? theirs) == real else { continue }
      guard other.service != container.service || other.isRunning || other.labels[ComposeProject.Label.project] != project.name else {
        continue
      }
      let text = "container '\(other.name)' (\(other.state.text)) has the same data folder as '\(container.name)'"
      if other.isRunning, container.isRunning {
        found.fail(
          .dataShared, real.string, "\(text): two CouchDBs on one folder destroy it", remedy: "stop one: docker stop \(other.name)")
      } else {
        found.warn(
          .dataShared, real.string, "\(text); started together they destroy it",
          remedy: "remove the one not in use: docker rm \(other.name)")
      }
    }
  }

  // MARK: Without containers

  private func addFromEnvironment(_ environment: HostEnvironmentFile?, _ found: inout FoundDeployment) {
    guard let environment else { return found.didNotLearn("where the data lie: there is no CouchDB container and no '.env'") }
    let count = Self.servers(environment.values) ?? HostEnvironmentFile.nodes(in: environment.values)
    for index in 0..<count {
      let intended = environment.intendedData(node: index, of: count)
      found.nodes.append(CouchNodeSource(dataFolder: intended.path))
      found.add(
        .init(
          .data, intended.path.string,
          because: "there is no CouchDB container; '.env' \(intended.isDefault ? "leaves \(intended.variable) to its default" : "says so")")
      )
    }
  }

  private func addCredentialsVolume(_ found: inout FoundDeployment) {
    let volume = project.volume(ComposeProject.credentialsVolume)
    if let volume {
      found.installation.volumes.append(.init(name: volume.name, mountpoint: volume.mountpoint, use: "stored at 'local.d'"))
    }
    guard !found.nodes.isEmpty, !found.nodes.contains(where: { $0.localD != nil }) else { return }
    if let volume {
      addLocalD(FilePath(volume.mountpoint), because: "volume '\(volume.name)' of the project; no container mounts it", &found)
    } else if let folder = known?.nodes.lazy.compactMap(\.localD).first {
      addLocalD(folder, because: Deployment.saidSo, &found)
    } else {
      found.fail(
        .volumeMissing, "\(project.name)_\(ComposeProject.credentialsVolume)",
        "the credentials volume '\(project.name)_\(ComposeProject.credentialsVolume)' is not there: password hash, secret and uuid may be"
          + " nowhere else",
        remedy: "name the folder that was mounted as \(ComposeProject.localDMount) with --local-d")
    }
  }

  private func addLocalD(_ folder: FilePath, because: String, _ found: inout FoundDeployment) {
    found.nodes[0] = CouchNodeSource(name: found.nodes[0].name, dataFolder: found.nodes[0].dataFolder, localD: folder)
    found.add(.init(.localD, folder.string, because: because))
  }

  /// One node of three is no backup of the cluster; the others may be on other hosts.
  private func checkCluster(_ containers: [DockerContainer], _ environment: HostEnvironmentFile?, _ found: inout FoundDeployment) {
    let fromContainer = containers.first?.variable(Self.serversVariable).flatMap { Self.servers([Self.serversVariable: $0]) }
    guard let servers = fromContainer ?? Self.servers(environment?.values ?? [:]), servers > max(1, found.nodes.count) else { return }
    found.expectedNodes = servers
    found.fail(
      .nodeMissing, project.name, "the cluster has \(servers) CouchDB nodes, and \(found.nodes.count) of them are on this host",
      remedy:
        "a backup of some nodes is not complete: make the other nodes' data folders readable here and name all: --project \(project.name) --data FOLDER --data FOLDER …"
    )
  }

  private static let serversVariable = "COUCHDB_SERVERS"

  /// How many nodes CHT was told of.
  private static func servers(_ values: [String: String]) -> Int? {
    let count = values[serversVariable]?.split(separator: ",").count ?? 0
    return count > 1 ? count : nil
  }
}
