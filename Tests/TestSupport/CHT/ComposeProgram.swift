import Foundation

/// Real Compose, of the old kind or the new.
struct ComposeProgram {
  let host: PrivateHost
  private let path: String

  /// Debian's `docker-compose`, and what `scripts/install-test-tools` fetched.
  static let paths = [
    CHTLayout.Compose.v1: "/usr/bin/docker-compose",
    .v5: Corpora.packageRoot.appending(path: ".build/test-tools/docker-compose").path,
  ]

  init(_ version: CHTLayout.Compose, host: PrivateHost) throws {
    self.host = host
    path = Self.paths[version] ?? ""
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw LeashedServer.Failed(description: "no Compose at '\(path)': run the tests with 'make test', or scripts/install-test-tools")
    }
  }

  /// As the guide says: in its folder, where `.env` is.
  func upUpgradeService(in folder: String) throws {
    _ = try Programs.succeed(host.run([path, "up", "--detach"], in: folder))
  }

  /// As the upgrade service does when it starts, with all it has: the environment of its container, and the compose files at the place
  /// where its container has them. So labels name `/docker-compose`, which is not there on the host.
  ///
  /// - Parameter upgradeService: the container's id.
  func upCHT(project: String, from upgradeService: String, composeFolder: String) throws {
    let variables = try host.bash(#"docker inspect --format '{{json .Config.Env}}' \#(upgradeService)"#)
    let environment = try JSONDecoder().decode([String].self, from: Data(variables.utf8))
      .map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) }
      .reduce(into: ["UPGRADE_SERVICE_URL": "http://cht-upgrade-service:5008"]) { if $1.count == 2 { $0[$1[0]] = $1[1] } }
    let files = try FileManager.default.contentsOfDirectory(atPath: composeFolder).filter { $0.hasSuffix(".yml") }.sorted()
    let command =
      [path, "-p", project] + files.flatMap { ["-f", "/docker-compose/\($0)"] } + ["up", "--detach", "--remove-orphans"]
    // The path is the upgrade service's own; everything else is in its environment.
    let ours = environment.filter { $0.key != "PATH" && $0.key != "DOCKER_CONFIG" }
    _ = try Programs.succeed(
      host.run(["unshare", "--mount", "bash", "-c", Self.view, host.folder + "/view", composeFolder] + command, environment: ours))
  }

  /// A root folder that shows the host's files with the compose folder at `/docker-compose`.
  private static let view = #"""
    set -eu
    mkdir -p "$0"
    mount -t tmpfs view "$0"
    for entry in /*; do
      if [ "$entry" = /docker-compose ]; then continue; fi
      if [ -L "$entry" ]; then cp -P "$entry" "$0$entry"; continue; fi
      if [ ! -d "$entry" ]; then continue; fi
      mkdir "$0$entry"
      mount --rbind "$entry" "$0$entry"
    done
    mkdir "$0/docker-compose"
    mount --bind "$1" "$0/docker-compose"
    shift
    exec chroot "$0" "$@"
    """#
}
