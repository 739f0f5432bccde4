import Files
import Foundation
import Glibc
import Primitives
import SystemPackage

/// A CouchDB of this host, in a network of its own and with a look of its own at the disk: the scratch folder stays closed to all others.
struct ExecutableServer: DrillServer {
  /// Where a file system in memory may be, seen by the server alone: a folder that everybody may pass through.
  private static let stages: [FilePath] = ["/mnt", "/media", "/srv", "/home", "/opt"]
  private static let script = """
    mount -t tmpfs -o mode=755,size=1m akiba-drill "$6" && mkdir "$6/server" "$6/data" && mount --bind "$1" "$6/server" \\
    && mount --bind "$2" "$6/data" && exec setpriv --reuid="$3" --regid="$4" --clear-groups --no-new-privs -- "$5"
    """
  /// In seconds, for the processes of a server that was told to end.
  private static let patience = 20

  let executable: FilePath
  /// Where this server's room is; known also to a later drill.
  let room: FilePath

  var name: String { "executable \(executable)" }

  func start(in room: ServerRoom) async throws -> NetworkNamespace {
    guard Environment.isRoot else {
      throw DrillServerError(summary: "a CouchDB in a network of its own is started by root", hints: ["run the same command with sudo"])
    }
    let base = executable.removingLastComponent().removingLastComponent()
    // It must hide nothing that the server is given.
    let given = try [executable.resolved(), room.folder.removingLastComponent().resolved(), room.data.resolved()]
    let stage = Self.stages.first { stage in
      (try? FileMetadata.of(stage).kind) == .folder && !given.contains { $0.starts(with: stage) }
    }
    guard let stage else {
      throw DrillServerError(
        summary: "none of \(Self.stages.map(\.string).joined(separator: ", ")) is free for the server's look at the disk")
    }
    let inside = (folder: stage.appending("server"), data: stage.appending("data"))
    try room.furnish(inside: inside, ownSettings: base.appending("etc/default.ini"))
    let process = process(in: room, on: stage)
    try process.run()
    do {
      let network = try await Self.ownNetwork(of: process)
      try await Self.bringUpLoopback(of: network)
      return network
    } catch let error as FileError {
      throw DrillServerError(summary: "'\(executable)' ended at once (\(error.summary)): \(room.lastLines())")
    }
  }

  /// A process that has ended has none: an error of its path.
  private static func ownNetwork(of process: Process) async throws -> NetworkNamespace {
    for _ in 0..<1000 {
      let network = try NetworkNamespace(ofProcess: Int(process.processIdentifier))
      if try network.isAnother() { return network }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw DrillServerError(summary: "process \(process.processIdentifier) did not get a network of its own")
  }

  private func process(in room: ServerRoom, on stage: FilePath) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/unshare")
    process.arguments = [
      "--net", "--mount", "--", "/bin/sh", "-c", Self.script, "sh", room.folder.string, room.data.string, String(room.owner.user),
      String(room.owner.group), executable.string, stage.string,
    ]
    process.environment = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "COUCHDB_ARGS_FILE": stage.appending("server/vm.args").string,
      "ERL_EPMD_ADDRESS": "127.0.0.1", ServerRoom.mark: room.folder.string,
    ]
    process.currentDirectoryURL = URL(filePath: "/")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// On a thread that ends afterwards: it cannot go back to where it was.
  private static func bringUpLoopback(of network: NetworkNamespace) async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread {
        done.resume(
          with: Result {
            try network.enter()
            try network.bringUpLoopback()
          })
      }
    }
  }

  func isRunning() async throws -> Bool { await !settledProcesses().isEmpty }

  func clear() async throws {
    for signal in [SIGTERM, SIGKILL] {
      for _ in 0..<(Self.patience * 10) {
        let left = await settledProcesses()
        if left.isEmpty { return }
        for process in left { kill(process, signal) }
        await Self.pause(milliseconds: 100)
      }
    }
    throw DrillServerError(summary: "the CouchDB of a drill does not end: process \(processes().map(String.init).joined(separator: ", "))")
  }

  /// One that is just becoming another program has no environment for a moment: none is left only if several looks find none.
  private func settledProcesses() async -> [pid_t] {
    for _ in 0..<5 {
      let found = processes()
      if !found.isEmpty { return found }
      await Self.pause(milliseconds: 50)
    }
    return []
  }

  /// Also for one who was told to stop: a server has to be ended then too.
  private static func pause(milliseconds: Int) async {
    await Task { try? await Task.sleep(for: .milliseconds(milliseconds)) }.value
  }

  /// All that carry the mark, also those which the server started: epmd outlives it.
  private func processes() -> [pid_t] {
    let mark = Array("\(ServerRoom.mark)=\(room)".utf8)
    return ((try? Folder.entries(of: "/proc")) ?? []).compactMap { pid_t($0.name.string) }.filter { process in
      // Of one that has ended and was not waited for yet, this is empty.
      guard let environment = try? Data(contentsOf: URL(filePath: "/proc/\(process)/environ")) else { return false }
      return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
    }
  }
}
