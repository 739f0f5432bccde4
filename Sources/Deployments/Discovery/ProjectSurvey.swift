import CouchFormat
import Files
import Primitives
import SystemPackage

/// Makes a found deployment of one compose project: mounts are the truth, `.env` is the intention, labels of CHT's containers are paths of
/// another file system.
struct ProjectSurvey {
  let project: ComposeProject
  let snapshot: EngineSnapshot
  let reader: HostReader
  let now: FileTime
  /// What a person said of it, for what no container tells.
  var known: Deployment?

  func run() async -> FoundDeployment {
    var found = FoundDeployment(Installation(kind: .docker, project: project.name))
    found.installation.engine = Installation.Engine(
      name: snapshot.version.name, version: snapshot.version.version, endpoint: snapshot.endpoint)
    if !snapshot.isLocal {
      found.fail(
        .engineRemote, snapshot.endpoint, "the engine at '\(snapshot.endpoint)' is not on this host: its paths are paths of another",
        remedy: "run akiba on the host of the engine")
    }
    addServices(&found)
    let environment = await addFolders(&found)
    NodeSurvey(project: project, snapshot: snapshot, known: known).run(environment, &found)
    addTLS(&found)
    await ExtraSurvey(project: project, snapshot: snapshot, reader: reader).run(environment?.values ?? [:], &found)
    addNetwork(environment, &found)
    await Inspection(reader: reader, now: now).inspect(&found, intended: environment?.values ?? [:])
    // A loopback address means this host only if the engine is on it.
    if let nginx = project.nginx, snapshot.isLocal { await ServedPair(nginx: nginx).compare(&found) }
    found.leftOut += [
      .init(path: "Docker images", reason: "can be pulled again by their tags, which are in the compose files"),
      .init(path: "container logs", reason: "nothing of the deployment depends on them"),
    ]
    return found
  }

  // MARK: Services

  private func addServices(_ found: inout FoundDeployment) {
    let all = project.containers + [project.upgradeService].compactMap { $0 }
    for container in all {
      let image = snapshot.images[container.imageID]
      let name = ImageName(container.image)
      found.installation.services.append(
        .init(
          service: container.service, container: container.name, image: container.image, tag: name.tag,
          digest: image?.digests.first.flatMap { $0.split(separator: "@").last.map(String.init) }, state: container.state.text))
    }
    let cht = project.containers.filter { ImageName($0.image).isCHT }
    let versions = Set(cht.compactMap { ImageName($0.image).version }).sorted()
    found.installation.chtVersion = versions.count == 1 ? versions[0] : nil
    if versions.count > 1 {
      found.warn(
        .versionsDiffer, project.name, "CHT's containers are of several versions: \(versions.joined(separator: ", "))",
        remedy: "an upgrade that is under way or stopped half-way? finish it before you rely on this backup's indexes")
    }
    for id in snapshot.notInspected { found.didNotLearn("what container '\(id.prefix(12))' is: the engine does not tell") }
    if cht.isEmpty { found.didNotLearn("versions: no container of project '\(project.name)' is there") }
    found.installation.couchDBVersion = project.couchContainers.lazy.compactMap(couchVersion).first
    warnOfStates(&found)
    warnOfImages(cht, &found)
  }

  /// CouchDB's official image says it in its environment.
  private func couchVersion(_ container: DockerContainer) -> String? {
    container.variable("COUCHDB_VERSION") ?? snapshot.images[container.imageID]?.environment.first { $0.name == "COUCHDB_VERSION" }?.value
  }

  private func warnOfStates(_ found: inout FoundDeployment) {
    for container in project.containers where !container.isRunning && !isSuperseded(container) {
      let code = container.exitCode == 0 ? "" : ", exit code \(container.exitCode)"
      found.warn(
        .containerNotRunning, container.name, "container '\(container.name)' is not running: \(container.state.text)\(code)",
        remedy: "look at it with: docker logs \(container.name)")
    }
  }

  private func isSuperseded(_ container: DockerContainer) -> Bool {
    project.containers.contains { $0.isRunning && $0.service == container.service && $0.id != container.id }
  }

  private func warnOfImages(_ cht: [DockerContainer], _ found: inout FoundDeployment) {
    for image in Set(cht.map(\.image)).sorted() where !ImageName(image).isPublished {
      found.warn(
        .imageNotPublished, image, "image '\(image)' is not one of CHT's published ones; a restore needs it from somewhere",
        remedy: "keep a copy: docker save --output FILE \(image), and name FILE under 'extra'")
    }
  }

  // MARK: Folders

  private func addFolders(_ found: inout FoundDeployment) async -> HostEnvironmentFile? {
    guard let service = project.upgradeService else { return await addFoldersWithoutUpgradeService(&found) }
    let folders = UpgradeServiceFolders(service)
    if let compose = folders.compose {
      found.add(.compose, compose, because: "container '\(service.name)' mounts it at \(UpgradeServiceFolders.composeInContainer)")
    }
    if let own = folders.own {
      found.add(.upgradeService, own, because: "'\(service.name)' was started from it")
    }
    if let configuration = folders.dockerConfiguration, configuration != folders.own,
      (try? FileMetadata.ifPresent(configuration.appending("config.json"))) != nil
    {
      found.add(.extra, configuration.appending("config.json"), because: "Docker's login for '\(service.name)' (DOCKER_CONFIG_PATH)")
    }
    guard let path = folders.environmentFile else {
      found.didNotLearn("where '.env' lies: '\(service.name)' was not started by Compose")
      return nil
    }
    if path.removingLastComponent() != folders.own { found.add(.extra, path, because: "'\(service.name)' was started with it") }
    found.add(.init(.environment, path.string, because: "beside the upgrade service's compose file"))
    let environment = await HostEnvironmentFile(path, reader: reader, into: &found)
    environment.compare(with: service, into: &found)
    return environment
  }

  /// Started by hand: the labels are then paths of the host.
  private func addFoldersWithoutUpgradeService(_ found: inout FoundDeployment) async -> HostEnvironmentFile? {
    if let known, let compose = known.folder(.compose) { return await addConfigured(known, compose, &found) }
    let labelled = project.containers.lazy.compactMap { $0.labels[ComposeProject.Label.workingFolder] }.first {
      // A path in the upgrade service's container; if the host has it, it is something else there.
      $0 != UpgradeServiceFolders.composeInContainer
    }.map { FilePath($0) }
    guard let folder = labelled, (try? FileMetadata.ifPresent(folder))?.kind == .folder else {
      found.didNotLearn("compose files and '.env': no container of CHT's upgrade service is there to tell where they lie")
      found.fail(
        .foldersUnknown, project.name, "where the compose files and '.env' of project '\(project.name)' lie is not known",
        remedy: "name them: --compose FOLDER --upgrade-service FOLDER, or --cht-dir FOLDER above both")
      return nil
    }
    found.add(.compose, folder, because: "Compose was run in it")
    let beside = folder.removingLastComponent().appending("upgrade-service")
    let candidates = [folder.appending(".env"), beside.appending(".env")]
    guard let path = candidates.first(where: { (try? FileMetadata.ifPresent($0)) != nil }) else {
      found.didNotLearn("'.env': there is none in '\(folder)'")
      return nil
    }
    if path.removingLastComponent() == beside { found.add(.upgradeService, beside, because: "lies beside the compose folder") }
    found.add(.init(.environment, path.string, because: "lies beside the compose files"))
    return await HostEnvironmentFile(path, reader: reader, into: &found)
  }

  private func addConfigured(_ known: Deployment, _ compose: FilePath, _ found: inout FoundDeployment) async -> HostEnvironmentFile? {
    let because = Deployment.saidSo
    found.add(.compose, compose, because: because)
    guard let folder = known.folder(.upgradeService) else { return nil }
    found.add(.upgradeService, folder, because: because)
    return await HostEnvironmentFile(folder.appending(".env"), reader: reader, into: &found)
  }

  // MARK: TLS

  private func addTLS(_ found: inout FoundDeployment) {
    let volume = project.volume(ComposeProject.tlsVolume)
    if let mount = project.nginx?.mount(at: ComposeProject.tlsMount), let nginx = project.nginx {
      found.add(.tls, FilePath(mount.source), because: "container '\(nginx.name)' mounts it at \(ComposeProject.tlsMount)")
    } else if let volume {
      let reason = project.nginx == nil ? "there is no nginx container, and the volume is" : "nginx mounts it elsewhere; it is"
      found.add(.tls, FilePath(volume.mountpoint), because: "\(reason) '\(volume.name)'")
    } else if let folder = known?.folder(.tls) {
      found.add(.tls, folder, because: Deployment.saidSo)
    } else {
      found.fail(
        .volumeMissing, "\(project.name)_\(ComposeProject.tlsVolume)",
        "the certificate's volume '\(project.name)_\(ComposeProject.tlsVolume)' is not there: after a restore nginx makes a new self-signed"
          + " pair, and the Android app and browsers then refuse to sync",
        remedy: "name the folder that holds cert.pem and key.pem with --tls")
    }
    if let volume { found.installation.volumes.append(.init(name: volume.name, mountpoint: volume.mountpoint, use: "stored at 'tls'")) }
    if let nginx = project.nginx, nginx.mount(at: ComposeProject.tlsMount) == nil, volume != nil {
      found.warn(
        .certificateElsewhere, nginx.name,
        "nginx reads its certificate from \(ComposeProject.tlsMount), and the ssl volume is mounted elsewhere",
        remedy: "remove SSL_VOLUME_MOUNT_PATH from '.env': nginx's own configuration has the path hard-coded")
    }
  }

  // MARK: Network

  private func addNetwork(_ environment: HostEnvironmentFile?, _ found: inout FoundDeployment) {
    found.installation.networks = Set(project.containers.flatMap(\.networks)).sorted()
    let nginx = project.nginx
    found.installation.certificateMode =
      nginx?.variable("CERTIFICATE_MODE").flatMap { $0.isEmpty ? nil : $0 } ?? environment?.values["CERTIFICATE_MODE"]
    found.installation.ports = (nginx?.ports ?? []).map { port in
      let address = port.hostAddress.isEmpty ? "0.0.0.0" : port.hostAddress
      return "\(address):\(port.hostPort.map(String.init) ?? "any")->\(port.port)/\(port.transport)"
    }
    for name in ["SSL_CERT_FILE_PATH", "SSL_KEY_FILE_PATH"] {
      guard let value = nginx?.variable(name) ?? environment?.values[name], !value.isEmpty, !value.hasPrefix(ComposeProject.tlsMount)
      else { continue }
      found.warn(
        .certificateElsewhere, name, "\(name) is '\(value)', and nginx reads only \(ComposeProject.tlsMount)/cert.pem and key.pem",
        remedy: "remove \(name) from '.env'")
    }
  }
}
