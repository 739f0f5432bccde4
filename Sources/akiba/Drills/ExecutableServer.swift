import Files
import Foundation
import Glibc
import Primitives
import SystemPackage

/// A CouchDB of this host, in a network of its own and with a look of its own at the disk: the scratch folder stays closed to all others.
struct ExecutableServer: DrillServer {
  /// Hidden behind a file system in memory, seen by the server alone.
  private static let inside = (folder: FilePath("/mnt/server"), data: FilePath("/mnt/data"))
  private static let script = """
    mount -t tmpfs -o mode=755,size=1m akiba-drill /mnt && mkdir /mnt/server /mnt/data && mount --bind "$1" /mnt/server \
    && mount --bind "$2" /mnt/data && exec setpriv --reuid="$3" --regid="$4" --clear-groups --no-new-privs -- "$5"
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
    try room.furnish(inside: Self.inside, ownSettings: base.appending("etc/default.ini"))
    let process = process(in: room)
    try process.run()
    let network = NetworkNamespace(ofProcess: Int(process.processIdentifier))
    do {
      try await Self.waitForOwnNetwork(network, of: process)
      try await Self.bringUpLoopback(of: network)
    } catch let error as FileError {
      throw DrillServerError(summary: "'\(executable)' ended at once (\(error.summary)): \(room.lastLines())")
    }
    return network
  }

  /// A process that has ended has none: an error of its path.
  private static func waitForOwnNetwork(_ network: NetworkNamespace, of process: Process) async throws {
    for _ in 0..<1000 {
      if try network.isAnother() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw DrillServerError(summary: "process \(process.processIdentifier) did not get a network of its own")
  }

  private func process(in room: ServerRoom) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/unshare")
    process.arguments = [
      "--net", "--mount", "--", "/bin/sh", "-c", Self.script, "sh", room.folder.string, room.data.string, String(room.owner.user),
      String(room.owner.group), executable.string,
    ]
    process.environment = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "COUCHDB_ARGS_FILE": Self.inside.folder.appending("vm.args").string,
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

  /// One that is just becoming another program has no environment for a moment.
  func isRunning() async throws -> Bool {
    for _ in 0..<5 {
      if !processes().isEmpty { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }

  func clear() async throws {
    for signal in [SIGTERM, SIGKILL] {
      for _ in 0..<(Self.patience * 10) {
        let left = processes()
        if left.isEmpty { return }
        for process in left { kill(process, signal) }
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    throw DrillServerError(summary: "the CouchDB of a drill does not end: process \(processes().map(String.init).joined(separator: ", "))")
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
