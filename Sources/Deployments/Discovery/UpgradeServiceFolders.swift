import SystemPackage

/// Where the upgrade service's folders lie on the host, from its container.
struct UpgradeServiceFolders {
  /// The compose folder, inside the upgrade service. Labels of CHT's containers name this path, which is none of the host's.
  static let composeInContainer = "/docker-compose"
  private static let configInContainer = "/config"

  /// Mounted as `/docker-compose`.
  let compose: FilePath?
  /// Where its own compose file lies.
  let own: FilePath?
  let environmentFile: FilePath?
  /// Holds Docker's `config.json`, if a registry wants a login.
  let dockerConfiguration: FilePath?

  init(_ container: DockerContainer) {
    compose = container.mount(at: Self.composeInContainer).map { FilePath($0.source) }
    dockerConfiguration = container.mount(at: Self.configInContainer).map { FilePath($0.source) }
    let folder = container.labels[ComposeProject.Label.workingFolder].map { FilePath($0) }
    own = folder
    // Compose 2 says which file it was given; more than one are separated by commas, the last wins.
    let named = container.labels[ComposeProject.Label.environmentFile]?.split(separator: ",").last.map { FilePath(String($0)) }
    environmentFile = named.map { $0.isAbsolute ? $0 : (folder ?? "/").pushing($0) } ?? folder?.appending(".env")
  }
}
