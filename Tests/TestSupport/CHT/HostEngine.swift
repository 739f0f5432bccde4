import Foundation

/// The container engine of a private host: Docker, or Podman serving Docker's API.
package enum HostEngine: String, Sendable {
  case docker, podman

  package var isPossible: Bool {
    guard PrivateHost.isPossible else { return false }
    return self == .docker ? Programs.exist("dockerd", "docker", "docker-proxy") : Programs.exist("podman", "runc")
  }

  /// Starts it, and returns when it answers. It listens at `FOLDER/engine.sock` and, inside the host, at Docker's own address.
  func start(in host: PrivateHost) throws {
    if self == .podman {
      try Data(Self.podmanConfiguration.utf8).write(to: URL(filePath: host.folder).appending(path: "containers.conf"))
    }
    try host.bash(
      """
      cd \(host.folder); mkdir -p engine; rm -f engine.ended; echo '{}' >daemon.json
      cat >start-engine <<'END'
      \(command(in: host)) &
      echo $! >engine.pid
      wait $!
      touch engine.ended
      END
      setsid bash start-engine </dev/null >>engine.log 2>&1 &
      """)
    let deadline = ContinuousClock.now + .seconds(60)
    while !Programs.accept(socket: host.folder + "/engine.sock") {
      let hasEnded = FileManager.default.fileExists(atPath: host.folder + "/engine.ended")
      guard !hasEnded, ContinuousClock.now < deadline else { throw LeashedServer.Failed(description: log(of: host)) }
      usleep(20_000)
    }
    // Answered only when the engine is ready.
    let answer = try host.run(["docker", "version"])
    guard answer.status == 0 else { throw LeashedServer.Failed(description: answer.standardError + log(of: host)) }
  }

  /// Returns when it is gone. Its containers end with it, as when a server's Docker is stopped.
  func stop(in host: PrivateHost) throws {
    try host.bash(
      """
      engine=$(cat \(host.folder)/engine.pid)
      kill -TERM $engine
      for try in $(seq 400); do kill -0 $engine 2>/dev/null || break; sleep 0.05; done
      kill -KILL $engine 2>/dev/null || true
      rm -f \(host.folder)/engine.sock /run/docker.sock
      """)
  }

  private func log(of host: PrivateHost) -> String {
    (try? String(contentsOfFile: host.folder + "/engine.log", encoding: .utf8)) ?? "the engine said nothing"
  }

  /// Published ports come from Docker's proxy, so that no firewall rules are needed.
  private func command(in host: PrivateHost) -> String {
    let folder = host.folder
    return switch self {
    case .docker:
      """
      dockerd --config-file \(folder)/daemon.json --data-root \(folder)/engine --exec-root \(folder)/exec --pidfile \(folder)/dockerd.pid \
      --host unix://\(folder)/engine.sock --host unix:///run/docker.sock --cgroup-parent /\(host.name) --shutdown-timeout 5 \
      --iptables=false --ip6tables=false --ip-masq=false
      """
    case .podman:
      """
      ln -s \(folder)/engine.sock /run/docker.sock
      env CONTAINERS_CONF=\(folder)/containers.conf podman --root \(folder)/engine --runroot \(folder)/exec --tmpdir \(folder)/exec/tmp \
      --storage-driver vfs --cgroup-manager cgroupfs system service --time=0 unix://\(folder)/engine.sock
      """
    }
  }

  /// crun fails where control groups are of the first kind, and the default limits may be above what this process may ask for.
  private static let podmanConfiguration = """
    [containers]
    default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
    [engine]
    runtime = "runc"
    events_logger = "file"
    """
}

extension PrivateHost {
  /// Runs a bash script inside.
  ///
  /// - Parameter arguments: `$0` and on.
  /// - Returns: standard output without the last line break.
  /// - Throws: if a command of it fails.
  @discardableResult
  package func bash(_ script: String, arguments: [String] = [], environment: [String: String] = [:]) throws -> String {
    try Programs.succeed(run(["bash", "-c", "set -eu\n" + script] + arguments, environment: environment))
  }
}
