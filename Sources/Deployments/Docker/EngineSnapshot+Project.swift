package import SystemPackage

/// What a restore has to know of an engine before it changes anything there.
extension EngineSnapshot {
  private func project(_ name: String) -> ComposeProject? { ComposeProject.all(in: self).first { $0.name == name } }

  /// Whether there is anything of a project: a container, running or not, its upgrade service, or a volume.
  package func has(project name: String) -> Bool { project(name) != nil }

  /// All containers of a project; its upgrade service first, for it starts the others.
  package func containers(ofProject name: String) -> [DockerContainer] {
    guard let project = project(name) else { return [] }
    let services = containers.filter { container in
      ImageName(container.image).isUpgradeService && (container.variable("CHT_COMPOSE_PROJECT_NAME") ?? "cht") == name
    }
    return services + project.containers.filter { container in !services.contains { $0.id == container.id } }
  }

  /// One running CouchDB of a project, if there is one: any node of a cluster answers for all.
  package func couchDB(ofProject name: String) -> DockerContainer? { project(name)?.couchContainers.first(where: \.isRunning) }

  /// Whether anything of a project runs.
  package func runs(project name: String) -> Bool { containers(ofProject: name).contains(where: \.isRunning) }

  /// Containers that run, belong to other projects, and have this folder, or one below it, mounted. One above is passed over: cAdvisor and others
  /// look at the whole disk.
  package func users(of folder: FilePath, besides project: String) -> [String] {
    let own = Set(containers(ofProject: project).map(\.id))
    return containers.filter { container in
      container.isRunning && !own.contains(container.id)
        && container.mounts.contains { mount in
          let source = FilePath(mount.source)
          return !mount.source.isEmpty && (source == folder || source.starts(with: folder))
        }
    }.map(\.name)
  }

  /// Where the files of a volume are, or are going to be once it is made.
  package func folder(ofVolume name: String) -> FilePath? {
    if let volume = volumes.first(where: { $0.name == name }) { return volume.mountpoint.isEmpty ? nil : FilePath(volume.mountpoint) }
    return rootFolder?.appending("volumes").appending(FilePath(name).components).appending("_data")
  }
}

extension DockerEngine {
  /// The version of CouchDB in the image that the deployment of a manifest ran, if the engine has an image of that name.
  package func couchDBVersion(ofImageIn manifest: Manifest) async -> String? {
    for name in Self.couchDBImages(in: manifest) {
      guard let image = try? await image(name) else { continue }
      if let version = image.environment.first(where: { $0.name == "COUCHDB_VERSION" })?.value { return version }
    }
    return nil
  }

  /// The image that ran CouchDB, if the engine has one of that name. Nothing is pulled.
  package func couchDBImage(ofImageIn manifest: Manifest) async -> String? {
    for name in Self.couchDBImages(in: manifest) where (try? await image(name)) != nil { return name }
    return nil
  }

  private static func couchDBImages(in manifest: Manifest) -> [String] {
    (manifest.installation?.services ?? []).map(\.image).filter { ImageName($0).component == "cht-couchdb" }
  }
}
