import Deployments
import Files
import Primitives
import SystemPackage

/// A CouchDB for one drill: started on the restored data, in a network of its own, and taken away again.
protocol DrillServer: Sendable {
  /// For the record: `image …`, `executable …`.
  var name: String { get }
  /// - Returns: the network in which it listens.
  func start(in room: ServerRoom) async throws -> NetworkNamespace
  func isRunning() async throws -> Bool
  /// Whatever became of it; also what an earlier drill left that was killed.
  func clear() async throws
}

struct DrillServerError: Explainable {
  let summary: String
  var hints: [String] = []
}

/// The deployment's own image, on this host's engine.
struct ContainerServer: DrillServer {
  /// Where the image has CouchDB's own settings and program.
  private static let program = "/opt/couchdb/bin/couchdb"
  private static let ownSettings: FilePath = "/opt/couchdb/etc/default.ini"
  private static let inside = (folder: FilePath("/akiba-drill"), data: FilePath("/akiba-drill-data"))
  static let label = "org.akiba.drill"

  let engine: DockerEngine
  let image: String
  /// Of the container; the same for every drill of this deployment.
  let container: String
  /// Whose drills these are: the folder of their state.
  let owner: String
  /// In bytes.
  let memory: Int

  var name: String { "image \(image)" }

  func start(in room: ServerRoom) async throws -> NetworkNamespace {
    try room.furnish(inside: Self.inside, ownSettings: Self.ownSettings)
    let plan = IsolatedContainer(
      name: container, image: image, labels: [Self.label: owner],
      command: [Self.program],
      environment: [
        "COUCHDB_ARGS_FILE=\(Self.inside.folder.appending("vm.args"))", "ERL_EPMD_ADDRESS=127.0.0.1", "HOME=/tmp",
      ],
      user: "\(room.owner.user):\(room.owner.group)",
      folders: [(room.folder.string, Self.inside.folder.string), (room.data.string, Self.inside.data.string)], memory: memory)
    let id = try await engine.run(plan)
    guard let process = try await engine.container(id).processID, let network = try? NetworkNamespace(ofProcess: process),
      // The same process still, and so its network.
      try await engine.container(id).processID == process
    else { throw DrillServerError(summary: "the container '\(container)' of image '\(image)' ended at once: \(room.lastLines())") }
    guard try network.isAnother() else {
      throw DrillServerError(
        summary: "the engine gave the container '\(container)' no network of its own, or its processes are not this host's")
    }
    Priority.yieldToOthers(process: Int32(process))
    return network
  }

  func isRunning() async throws -> Bool { try await engine.container(container).state == .running }

  func clear() async throws {
    do {
      let left = try await engine.container(container)
      guard left.labels[Self.label] == owner else {
        throw DrillServerError(
          summary: "the engine has a container '\(container)' that no drill of this configuration made",
          hints: ["rename it: docker rename \(container) NAME"])
      }
      try await engine.removeForGood(left.id)
    } catch let error as DockerError where error.kind == .noSuchContainer {}
  }
}
