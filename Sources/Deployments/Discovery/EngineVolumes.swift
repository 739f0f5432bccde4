package import SystemPackage

/// Reads mounted folders through the engine's archive call: works for containers that run, have stopped, crash again and again, or were
/// removed.
package struct EngineVolumes: VolumeReading {
  /// Credentials, certificates, settings: nothing of them is larger, in bytes.
  private static let largestFile = 64 << 20

  private let engine: DockerEngine
  private let snapshot: EngineSnapshot

  package init(engine: DockerEngine, snapshot: EngineSnapshot) {
    self.engine = engine
    self.snapshot = snapshot
  }

  package func files(at path: FilePath) async throws -> [ArchivedFile]? {
    for container in snapshot.containers.sorted(by: { $0.isRunning && !$1.isRunning }) {
      for mount in container.mounts where path.starts(with: FilePath(mount.source)) {
        guard mount.kind == .bind || mount.kind == .volume else { continue }
        let place = Self.place(of: path, in: mount)
        // Removed since the snapshot, or nothing there: the next container may have it.
        if let files = try? await engine.files(in: container.id, under: place, largest: Self.largestFile) { return files }
      }
    }
    return await filesOfUnmountedVolume(at: path)
  }

  private func filesOfUnmountedVolume(at path: FilePath) async -> [ArchivedFile]? {
    guard let volume = snapshot.volumes.first(where: { !$0.mountpoint.isEmpty && FilePath($0.mountpoint) == path }),
      let image = snapshot.containers.first(where: { !$0.imageID.isEmpty })?.imageID
    else { return nil }
    await engine.removeReaders(among: snapshot.containers)
    return try? await engine.files(ofVolume: volume.name, image: image, largest: Self.largestFile)
  }

  private static func place(of path: FilePath, in mount: DockerMount) -> String {
    var rest = path
    guard rest.removePrefix(FilePath(mount.source)), !rest.isEmpty else { return mount.destination }
    return FilePath(mount.destination).pushing(rest).string
  }
}
