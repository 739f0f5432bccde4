import Foundation

/// A Docker engine of its own for a test, on a unix socket: no bridge, no firewall rules, no registry.
///
/// Containers get `--network none` or `host`. Needs root and Debian's `docker.io` and `busybox-static`. It is gone when the test lets go of
/// it, with its containers, mounts and files.
package final class DockerDaemon: Sendable {
  package static let isPossible = geteuid() == 0 && BusyboxImage.isPossible && Programs.exist("dockerd", "docker")

  private let server: LeashedServer

  /// - Parameter arguments: more of them for `dockerd`, as `--host`.
  package init(_ arguments: [String] = []) throws {
    let arguments = arguments.map { "'\($0)'" }.joined(separator: " ")
    server = try LeashedServer(
      start: """
        dockerd --config-file "$folder/daemon.json" --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
        --data-root "$folder/data" --exec-root "$folder/run" --pidfile "$folder/dockerd.pid" --host "unix://$folder/docker.sock" \
        --shutdown-timeout 5 \(arguments)
        """,
      files: ["daemon.json": "{}"],
      clear: """
        export DOCKER_HOST="unix://$folder/docker.sock" DOCKER_CONFIG="$folder/cli"
        timeout 20 docker ps --all --quiet | xargs -r timeout 20 docker rm --force
        """,
      isReady: { folder in (try? Self.run(in: folder, ["version"]))?.status == 0 })
  }

  package var socket: String { server.folder + "/docker.sock" }
  /// Where its volumes lie: `DATA/volumes/NAME/_data`.
  package var dataFolder: String { server.folder + "/data" }
  package var folder: String { server.folder }
  package var log: String { server.log }

  /// `docker ARGUMENTS`, whatever comes of it.
  @discardableResult
  package func run(_ arguments: [String], in folder: String? = nil) throws -> Program.Output {
    try Self.run(in: server.folder, arguments, from: folder)
  }

  /// The output of `docker ARGUMENTS` without the last line break.
  ///
  /// - Throws: if docker fails.
  @discardableResult
  package func docker(_ arguments: String...) throws -> String {
    try Programs.succeed(run(arguments))
  }

  /// Makes an image out of busybox.
  ///
  /// - Parameters:
  ///   - changes: lines of a Dockerfile, as `ENV A=b` or `LABEL a=b`.
  ///   - files: to add, by path without a leading slash.
  /// - Returns: the image's id.
  @discardableResult
  package func importBusybox(as name: String = "busybox", changes: [String] = [], files: [String: String] = [:]) throws -> String {
    let archive = server.folder + "/image-\(UUID().uuidString).tar"
    try BusyboxImage.write(to: archive, adding: files)
    defer { try? FileManager.default.removeItem(atPath: archive) }
    return try Programs.succeed(run(["import"] + changes.flatMap { ["--change", $0] } + [archive, name]))
  }

  /// From now on it accepts connections and does not answer.
  package func pause() {
    guard let identifier = server.identifier else { return }
    kill(identifier, SIGSTOP)
    let isStopped = { (try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8))?.contains("State:\tT") != false }
    while !isStopped() { usleep(1000) }
  }

  /// Returns when it, its containers, mounts and files are gone. Otherwise done when the test lets go of it.
  package func stop() { server.stop() }

  private static func run(in folder: String, _ arguments: [String], from current: String? = nil) throws -> Program.Output {
    try Program.run(
      "/usr/bin/env", ["docker", "--host", "unix://\(folder)/docker.sock"] + arguments, environment: ["DOCKER_CONFIG": folder + "/cli"],
      in: current)
  }
}
