import Foundation
import TestSupport
import Testing

/// The servers of the other tests leave nothing behind.
@Suite(.serialized)
struct EngineHarnessTests {
  @Test(.enabled(if: DockerDaemon.isPossible, "needs root, docker.io and busybox-static"), arguments: [false, true])
  func `a docker daemon is gone without a trace, even if it was paused`(_ isPaused: Bool) throws {
    let daemon = try DockerDaemon()
    try daemon.importBusybox(changes: ["ENV A=b"])
    let container = try daemon.docker("run", "--detach", "--network", "none", "busybox", "sleep", "1000")
    #expect(try daemon.docker("exec", container, "sh", "-c", "echo $A") == "b")

    if isPaused { daemon.pause() }
    daemon.stop()

    try expectNothingLeft(of: daemon.folder)
  }

  @Test(.enabled(if: PodmanService.isPossible, "needs root, podman, runc and busybox-static"))
  func `a podman service is gone without a trace`() throws {
    let service = try PodmanService()
    try service.importBusybox(changes: ["ENV A=b"])
    let container = try service.podman("run", "--detach", "--network", "none", "busybox", "sleep", "1000")
    #expect(try service.podman("exec", container, "sh", "-c", "echo $A") == "b")

    service.stop()

    try expectNothingLeft(of: service.folder)
  }

  private func expectNothingLeft(of folder: String) throws {
    #expect(!FileManager.default.fileExists(atPath: folder))
    #expect(!(try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)).contains(folder))
    // What was told to end needs a moment for it.
    var left = try commands(naming: folder)
    for _ in 0..<300 where !left.isEmpty {
      usleep(100_000)
      left = try commands(naming: folder)
    }
    #expect(left == [])
  }

  private func commands(naming folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int32($0) != nil }.compactMap { process in
      let command = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
      return command.contains(folder) ? "\(process): \(command)" : nil
    }
  }
}
