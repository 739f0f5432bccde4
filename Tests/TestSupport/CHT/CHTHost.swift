import Foundation

/// A server as CHT's hosting guide sets it up, on a private host: a real engine, with real Compose bringing up stand-ins for CHT's images.
///
///     let host = try CHTHost()
///     let cht = try host.bringUp(.guide)
///     let output = try host.run([akiba, "discover"])
///     #expect(cht.secrets.allSatisfy { !output.text.contains($0) })
///     try host.clear()
///
/// Paths below `folder` mean the same inside and outside, so that a test may read them and call the engine at `socket` itself. Programs that
/// `run` starts are on the host: there the engine listens at `/var/run/docker.sock`, and nginx on the loopback's ports 80 and 443.
package final class CHTHost: Sendable {
  package let engine: HostEngine
  package let machine: PrivateHost

  package init(_ engine: HostEngine = .docker) throws {
    self.engine = engine
    machine = try PrivateHost()
    try engine.start(in: machine)
  }

  package var folder: String { machine.folder }
  /// Of the engine, outside the host as well.
  package var socket: String { folder + "/engine.sock" }
  package var home: String { folder + "/home/ubuntu" }

  /// Runs a program on the host to its end, as root.
  @discardableResult
  package func run(_ command: [String], environment: [String: String] = [:], in folder: String = "/") throws -> Program.Output {
    try machine.run(command, environment: environment, in: folder)
  }

  /// The output of `docker ARGUMENTS` without the last line break.
  ///
  /// - Throws: if docker fails, with what it said.
  @discardableResult
  package func docker(_ arguments: String...) throws -> String { try Programs.succeed(run(["docker"] + arguments)) }

  package func stopDaemon() throws { try engine.stop(in: machine) }
  package func startDaemon() throws { try engine.start(in: machine) }

  /// From now on an upgrade service that is started brings CHT up itself.
  package func makeUpgradeServiceAct() throws { try CHTImages(host: machine).loadActingUpgradeService() }

  /// Containers of CouchDB that are made from now on answer with these counts.
  package func makeCouchDBAnswer(
    _ counts: [String: (documents: Int, deleted: Int)], for version: CHTVersion, couchDBVersion: String? = nil
  ) throws {
    try CHTImages(host: machine).loadAnsweringCouchDB(
      version.image("couchdb"), version: couchDBVersion ?? version.couchDB, counts)
  }

  /// CouchDB's image has this folder as `/opt/couchdb` from now on; containers that run already keep theirs.
  package func makeCouchDBServe(from folder: String, for version: CHTVersion) throws {
    try CHTImages(host: machine).loadServingCouchDB(version.image("couchdb"), version: version.couchDB, from: folder)
  }

  /// The images of a layout, as a registry would give them.
  package func pull(_ layout: CHTLayout) throws { try CHTImages(host: machine).load(images(of: layout)) }

  /// Removes all containers, volumes and networks, and all files of all installations; images stay.
  ///
  /// The engine may refuse to remove a container that is just being started again, and says so on standard error.
  package func clear() throws {
    try machine.bash(
      """
      for try in $(seq 50); do
        docker ps --all --quiet | xargs -r docker rm --force --volumes >/dev/null || true
        left=$(docker ps --all --quiet); [ -z "$left" ] && break; sleep 0.2
      done
      [ -z "$left" ] || { echo "containers stay: $left" >&2; exit 1; }
      docker volume ls --quiet | xargs -r docker volume rm --force >/dev/null
      docker network ls --quiet --filter label=com.docker.compose.project | xargs -r docker network rm >/dev/null
      rm -rf \(folder)/home \(folder)/mnt /docker-compose
      """)
  }

  /// Ends everything and removes the folder. Otherwise done when the test lets go of it, or ends in whatever way.
  package func tearDown() { machine.stop() }
}
