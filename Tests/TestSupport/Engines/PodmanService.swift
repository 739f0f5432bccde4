import Foundation

/// Podman serving Docker's API on a unix socket, with storage of its own.
///
/// Containers get `--network none` or `host`. Needs root and Debian's `podman`, `runc` and `busybox-static`. It is gone when the test lets go
/// of it, with its containers, mounts and files.
package final class PodmanService: Sendable {
  package static let isPossible = geteuid() == 0 && BusyboxImage.isPossible && Programs.exist("podman", "runc")

  /// crun fails where cgroups are of the first kind; systemd may not be there; and the default limits are above what a container of
  /// a test machine may ask for.
  private static let configuration = """
    [containers]
    default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
    [engine]
    runtime = "runc"
    cgroup_manager = "cgroupfs"
    events_logger = "file"
    """

  private let server: LeashedServer

  package init() throws {
    let global = Self.globalArguments("$folder").joined(separator: " ")
    server = try LeashedServer(
      start: #"env CONTAINERS_CONF="$folder/containers.conf" podman \#(global) system service --time=0 "unix://$folder/podman.sock""#,
      files: ["containers.conf": Self.configuration],
      clear: """
        export CONTAINERS_CONF="$folder/containers.conf"
        timeout 20 podman \(global) rm --force --all --time 0
        """,
      isReady: { Programs.accept(socket: $0 + "/podman.sock") })
  }

  package var socket: String { server.folder + "/podman.sock" }
  /// Where its volumes lie: `DATA/volumes/NAME/_data`.
  package var dataFolder: String { server.folder + "/data" }
  package var folder: String { server.folder }
  package var log: String { server.log }

  /// `podman ARGUMENTS`, whatever comes of it.
  @discardableResult
  package func run(_ arguments: [String], in folder: String? = nil) throws -> Program.Output {
    try Self.run(in: server.folder, arguments, from: folder)
  }

  /// The output of `podman ARGUMENTS` without the last line break.
  ///
  /// - Throws: if podman fails.
  @discardableResult
  package func podman(_ arguments: String...) throws -> String {
    try Programs.succeed(run(arguments))
  }

  /// As `DockerDaemon.importBusybox`. Podman calls the image `localhost/NAME:latest`.
  @discardableResult
  package func importBusybox(as name: String = "busybox", changes: [String] = [], files: [String: String] = [:]) throws -> String {
    let archive = server.folder + "/image-\(UUID().uuidString).tar"
    try BusyboxImage.write(to: archive, adding: files)
    defer { try? FileManager.default.removeItem(atPath: archive) }
    return try Programs.succeed(run(["import", "--quiet"] + changes.flatMap { ["--change", $0] } + [archive, name]))
  }

  /// Returns when it, its containers, mounts and files are gone. Otherwise done when the test lets go of it.
  package func stop() { server.stop() }

  private static func globalArguments(_ folder: String) -> [String] {
    ["--root", "\(folder)/data", "--runroot", "\(folder)/run", "--tmpdir", "\(folder)/tmp", "--storage-driver", "vfs"]
  }

  private static func run(in folder: String, _ arguments: [String], from current: String? = nil) throws -> Program.Output {
    try Program.run(
      "/usr/bin/env", ["podman"] + globalArguments(folder) + arguments,
      environment: ["CONTAINERS_CONF": folder + "/containers.conf"], in: current)
  }
}
