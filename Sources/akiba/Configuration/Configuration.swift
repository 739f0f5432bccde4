import Primitives
import Deployments
import Repositories
import SystemPackage

/// What `akiba.yaml` says: a deployment by paths, where facts about it come from, its locations and the working key.
struct Configuration: Sendable {
  let deployment: Deployment
  /// What the installation is, for the manifest and for people.
  let kind: Installation.Kind
  /// Where facts come from beside the paths; `nil`: no container engine is asked.
  let docker: Docker?
  let keyFile: FilePath
  /// What this host remembers.
  let stateFolder: FilePath
  let locations: [Location]
  let drill: Drill
  /// The file it was read from, for messages.
  let path: FilePath

  /// Where a run looks if `--config` is not given.
  static let defaultPath: FilePath = "/etc/akiba/akiba.yaml"

  /// Where a host remembers if nothing is said.
  static func usualState(_ path: FilePath) -> FilePath {
    path == defaultPath ? "/var/lib/akiba" : Environment.absolute(path.string).removingLastComponent().appending("state")
  }

  /// For commands that are proposed: names the configuration, unless it is the one they read anyway.
  static func option(_ path: FilePath) -> String { path == defaultPath ? "" : " --config \(path.string.asShellWord)" }

  /// What drills on this host use.
  struct Drill: Sendable, Equatable {
    var scratch: FilePath?
    /// A CouchDB program.
    var couchdb: FilePath?
    var recoveryKey: FilePath?
  }

  /// The compose project, and the engine that runs it.
  struct Docker: Sendable, Equatable {
    let project: String
    /// As in `DOCKER_HOST`; `nil`: looked for where engines listen.
    let engine: String?
  }
}
