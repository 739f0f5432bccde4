package import Files
package import SystemPackage

/// Reads mounted folders through the engine's archive call: works for containers that run, have stopped, crash again and again, or were
/// removed.
package struct EngineVolumes: VolumeReading {
  /// Credentials, certificates, settings: all files of a folder together, in bytes.
  private static let largest = 64 << 20

  private let engine: DockerEngine
  private let containers: [DockerContainer]
  private let volumes: [DockerVolume]

  private let now: FileTime

  package init(engine: DockerEngine, snapshot: EngineSnapshot, now: FileTime) {
    self.engine = engine
    self.now = now
    containers = snapshot.containers
    volumes = snapshot.volumes
  }

  package func files(at path: FilePath) async throws -> [ArchivedFile]? {
    for view in views(of: path) {
      // Removed since the snapshot, or nothing there: the next container may have it.
      let files = try await unlessCancelled {
        try await engine.files(in: view.container.id, under: view.place.string, largest: Self.largest)
      }
      if let files { return files }
    }
    return try await filesOfUnmountedVolume(at: path)
  }

  package func hostPath(of target: FilePath, linkedFrom link: FilePath) -> FilePath? {
    for view in views(of: link) {
      let place = view.place.removingLastComponent().pushing(target).lexicallyNormalized()
      guard let mount = Self.mount(holding: place, in: view.container), let folder = folders(of: mount).first else { continue }
      if let path = place.moved(from: FilePath(mount.destination), to: folder) { return path }
    }
    return nil
  }

  // MARK: Mounts

  /// A path of the host as a container sees it.
  private struct View {
    let container: DockerContainer
    let place: FilePath
    /// How much of the path is the mount's: a mount of the host's root sees much that it was not made for.
    let depth: Int
  }

  /// The best first: running containers, and there mounts made for this path.
  private func views(of path: FilePath) -> [View] {
    let views = containers.flatMap { container in
      container.mounts.flatMap { mount in folders(of: mount).compactMap { view(of: path, in: container, mount, at: $0) } }
    }
    return views.sorted { ($0.container.isRunning ? 1 : 0, $0.depth) > ($1.container.isRunning ? 1 : 0, $1.depth) }
  }

  private func view(of path: FilePath, in container: DockerContainer, _ mount: DockerMount, at folder: FilePath) -> View? {
    guard let place = path.moved(from: folder, to: FilePath(mount.destination)) else { return nil }
    // What is mounted over that place is something else.
    guard Self.mount(holding: place, in: container) == mount else { return nil }
    return View(container: container, place: place, depth: folder.components.count)
  }

  private static func mount(holding place: FilePath, in container: DockerContainer) -> DockerMount? {
    container.mounts.filter { place.starts(with: FilePath($0.destination)) && !$0.destination.isEmpty }
      .max { FilePath($0.destination).components.count < FilePath($1.destination).components.count }
  }

  /// Where a mount's files lie on the host. Plugins of volumes say nothing; a local volume may be made of a folder that lies elsewhere.
  private func folders(of mount: DockerMount) -> [FilePath] {
    switch mount.kind {
    case .bind: Self.absolute([mount.source])
    case .volume: Self.absolute([mount.source] + (volumes.first { $0.name == mount.name }.map { [$0.device ?? ""] } ?? []))
    case .tmpfs, .other: []
    }
  }

  private static func folders(of volume: DockerVolume) -> [FilePath] { absolute([volume.mountpoint, volume.device ?? ""]) }

  /// An empty path is the beginning of every other.
  private static func absolute(_ paths: [String]) -> [FilePath] { paths.map { FilePath($0) }.filter(\.isAbsolute) }

  // MARK: Volumes

  /// - Returns: `nil` for what the engine does not give; an interruption is none of its answers.
  private func unlessCancelled(_ ask: () async throws -> [ArchivedFile]) async throws -> [ArchivedFile]? {
    do {
      return try await ask()
    } catch {
      try Task.checkCancellation()
      return nil
    }
  }

  private func filesOfUnmountedVolume(at path: FilePath) async throws -> [ArchivedFile]? {
    guard let volume = volumes.first(where: { Self.folders(of: $0).contains { path.starts(with: $0) } }),
      let folder = Self.folders(of: volume).first(where: { path.starts(with: $0) }),
      let image = containers.first(where: { !$0.imageID.isEmpty })?.imageID
    else { return nil }
    await engine.removeReaders(among: containers, now: now.seconds)
    let files = try await unlessCancelled {
      try await engine.files(ofVolume: volume.name, image: image, largest: Self.largest, now: now.seconds)
    }
    guard let files else { return nil }
    let found = files.compactMap { file in folder.pushing(file.path).moved(from: path, to: "").map { file.moved(to: $0) } }
    return found.isEmpty ? nil : found
  }
}

extension DockerVolume {
  /// The folder of the host that a volume of the local driver is made of: `docker volume create --opt type=none --opt o=bind --opt device=FOLDER`.
  var device: String? {
    let isBind = options["o"]?.split(separator: ",").contains { $0 == "bind" || $0 == "rbind" } == true
    return driver == "local" && isBind ? options["device"] : nil
  }
}

extension FilePath {
  /// This path if what lies at `folder` lay at `other`; `nil` if it is not in that folder.
  fileprivate func moved(from folder: FilePath, to other: FilePath) -> FilePath? {
    var rest = self
    guard rest == folder || rest.removePrefix(folder) else { return nil }
    return rest == folder ? other : other.pushing(rest)
  }
}

extension ArchivedFile {
  fileprivate func moved(to path: FilePath) -> ArchivedFile {
    ArchivedFile(path: path, kind: kind, mode: mode, owner: owner, group: group, modified: modified, content: content)
  }
}
