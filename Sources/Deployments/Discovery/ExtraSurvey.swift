import CouchFormat
import Files
import SystemPackage

/// What else belongs to a deployment: files that added compose files mount, volumes of added services, certbot's folder.
struct ExtraSurvey {
  /// Folders and volumes up to this size in bytes are stored; larger ones are another program's data and named instead.
  private static let largestFolder = 64 << 20

  let project: ComposeProject
  let snapshot: EngineSnapshot
  let reader: HostReader

  func run(_ environment: [String: String], _ found: inout FoundDeployment) async {
    addBindMounts(&found)
    await addFromComposeFiles(environment, &found)
    addVolumes(&found)
    addNeighbours(&found)
    addCertbot(&found)
  }

  // MARK: Host files

  private func addBindMounts(_ found: inout FoundDeployment) {
    for container in project.containers {
      for mount in container.mounts {
        let because = "container '\(container.name)' mounts it at \(mount.destination)"
        if mount.kind == .bind { consider(FilePath(mount.source), because, &found) }
        if mount.kind == .volume { considerVolume(mount, because, &found) }
      }
    }
  }

  /// One that does not belong to the project by its labels: external, or without a name.
  private func considerVolume(_ mount: DockerMount, _ because: String, _ found: inout FoundDeployment) {
    guard let name = mount.name, !project.volumes.contains(where: { $0.name == name }),
      !found.installation.volumes.contains(where: { $0.name == name })
    else { return }
    guard !mount.isAnonymous else {
      return found.leaveOut(mount.source, "\(because), a volume without a name: it goes with the container")
    }
    addVolume(name, mount.source, because, &found)
  }

  private func addFromComposeFiles(_ environment: [String: String], _ found: inout FoundDeployment) async {
    guard let folder = found.folder(.compose), let contents = await reader.contents(of: folder) else { return }
    for name in contents.unreadable + contents.skipped {
      found.didNotLearn("what '\(folder.appending(name))' mounts: it cannot be read, or is too large for a compose file")
    }
    var known = 0
    // The upgrade service tries every file, whatever its name; what has NUL bytes is no text.
    for (name, bytes) in contents.files.sorted(by: { $0.name < $1.name }) where !bytes.contains(0) {
      do throws(ComposeFileError) {
        addHostPaths(of: try ComposeFile(bytes: bytes) { environment[$0] }, named: name, in: folder, &found)
        known += 1
      } catch {
        guard name.hasSuffix(".yml") || name.hasSuffix(".yaml") else { continue }
        found.warn(
          .composeFileUnreadable, folder.appending(name).string, "'\(name)' is no compose file that can be read: \(error.summary)",
          remedy: "it is stored all the same; the upgrade service passes over it")
      }
    }
    if known == 0, contents.unreadable.isEmpty {
      found.fail(
        .composeFileUnreadable, folder.string, "compose folder '\(folder)' has no compose file",
        remedy: "is it the folder that CHT_COMPOSE_PATH in '.env' names?")
    }
  }

  private func addHostPaths(of file: ComposeFile, named name: String, in folder: FilePath, _ found: inout FoundDeployment) {
    // Relative paths start from the compose folder as the upgrade service sees it.
    let workingFolder = project.upgradeService == nil ? folder : FilePath(UpgradeServiceFolders.composeInContainer)
    for path in file.hostPaths(workingFolder: workingFolder, home: nil) {
      let because = "'\(name)' names it" + (path.service.map { " for service '\($0)'" } ?? "")
      if path.unset.isEmpty {
        consider(path.path, because, &found)
      } else {
        found.leaveOut(path.path.string, "\(because), with variables that are not set: \(path.unset.joined(separator: ", "))")
      }
    }
  }

  private func consider(_ path: FilePath, _ because: String, _ found: inout FoundDeployment) {
    guard !isPartOfTheSystem(path), !isCaptured(path, found) else { return }
    guard !isAbove(path, found) else {
      found.leaveOut(path.string, "\(because); holds other parts of the installation: name what else counts in it under 'extra'")
      return
    }
    do throws(FileError) {
      guard let metadata = try FileMetadata.ifPresent(path) else { return }
      switch metadata.kind {
      case .file: found.add(.extra, path, because: because)
      case .folder: considerFolder(path, because, &found)
      case .symlink, .other: return  // sockets and devices hold nothing
      }
    } catch {
      found.leaveOut(path.string, "\(because); \(error.summary)")
    }
  }

  private func considerFolder(_ path: FilePath, _ because: String, _ found: inout FoundDeployment) {
    guard let size = FolderSize.of(path, atMost: Self.largestFolder) else {
      return found.leaveOut(
        path.string, "\(because); it is large or cannot be read: name it under 'extra' to store it")
    }
    if size > 0 { found.add(.extra, path, because: because) }
  }

  private static let systemFolders: [FilePath] = ["/proc", "/sys", "/dev", "/run", "/var/run", "/var/lib/docker", "/lib/modules", "/boot"]
  /// Mounted by monitoring containers; belong to the host.
  private static let systemPaths: [FilePath] = [
    "/", "/etc", "/var", "/usr", "/home", "/root", "/tmp", "/var/log", "/var/lib", "/etc/localtime", "/etc/timezone", "/etc/hosts",
    "/etc/hostname", "/etc/resolv.conf", "/etc/ssl/certs", "/etc/passwd", "/etc/group", "/etc/machine-id", "/etc/os-release",
  ]

  private func isPartOfTheSystem(_ path: FilePath) -> Bool {
    Self.systemPaths.contains(path) || Self.systemFolders.contains(where: path.starts) || snapshot.rootFolder.map(path.starts) ?? false
  }

  private func isCaptured(_ path: FilePath, _ found: FoundDeployment) -> Bool {
    let real = Self.real(path)
    return found.sources.contains { source in
      let root = Self.real(source)
      guard real.starts(with: root) else { return false }
      // Where the upgrade service's folder holds everything, only its own files are taken from it.
      return source != found.folder(.upgradeService) || real.removingLastComponent() == root || !isAbove(source, found)
    }
  }

  /// Whether other parts lie below it.
  private func isAbove(_ path: FilePath, _ found: FoundDeployment) -> Bool {
    let real = Self.real(path)
    return found.sources.contains { Self.real($0) != real && Self.real($0).starts(with: real) }
  }

  private static func real(_ path: FilePath) -> FilePath { (try? path.resolved()) ?? path }

  // MARK: Volumes

  private func addVolumes(_ found: inout FoundDeployment) {
    let known = Set(found.installation.volumes.map(\.name))
    for volume in project.volumes.sorted(by: { $0.name < $1.name }) where !known.contains(volume.name) {
      addVolume(volume.name, volume.mountpoint, "volume '\(volume.name)' of the project", &found)
    }
  }

  private func addVolume(_ name: String, _ mountpoint: String, _ because: String, _ found: inout FoundDeployment) {
    let path = FilePath(mountpoint)
    let size = FolderSize.of(path, atMost: Self.largestFolder)
    if size == 0 { return found.installation.volumes.append(.init(name: name, mountpoint: mountpoint, use: "empty")) }
    guard size != nil else {
      found.installation.volumes.append(.init(name: name, mountpoint: mountpoint, use: "left out: name it under 'extra' to store it"))
      return found.leaveOut(mountpoint, "\(because); it is large or cannot be read: name it under 'extra' to store it")
    }
    found.add(.extra, path, because: because)
    found.installation.volumes.append(.init(name: name, mountpoint: mountpoint, use: "stored under 'cht/extra'"))
  }

  // MARK: Certificates' surroundings

  /// The guide's folders beside `compose/`. Nothing mounts `certs/`; it often holds what the certificate was installed from.
  private func addNeighbours(_ found: inout FoundDeployment) {
    guard let compose = found.folder(.compose) else { return }
    let above = compose.removingLastComponent()
    consider(above.appending("certbot"), "certbot's compose file and settings, beside the compose folder", &found)
    consider(above.appending("certs"), "the guide's folder for certificates; nothing mounts it, it may be stale", &found)
  }

  private func addCertbot(_ found: inout FoundDeployment) {
    guard let tls = project.volume(ComposeProject.tlsVolume) else { return }
    for container in snapshot.containers where container.labels[ComposeProject.Label.project] != project.name {
      guard container.mounts.contains(where: { $0.name == tls.name }),
        let folder = container.labels[ComposeProject.Label.workingFolder]
      else { continue }
      consider(FilePath(folder), "container '\(container.name)' renews the certificate from there", &found)
    }
  }
}
