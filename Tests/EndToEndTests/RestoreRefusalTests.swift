import Foundation
import TestSupport
import Testing

/// What a restore refuses, and what to type instead.
struct RestoreRefusalTests {
  @Test
  func `a restore never goes over something else`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    try deployment.backup()
    let ids = try deployment.snapshots()
    func refused(_ arguments: [String], _ words: String, status: Int32 = 1) throws {
      let output = try deployment.akiba(["restore"] + arguments)
      #expect(output.status == status && output.standardError.contains(words), "\(arguments): \(output.standardError)")
      #expect(output.standardError.contains("hint:"), "\(arguments): \(output.standardError)")
    }
    let full = deployment.folder.url.appending(path: "full")
    try FileManager.default.createDirectory(at: full, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: full.appending(path: "mine"))
    try refused(["latest", "--to", full.path], "not empty")
    try refused(["latest", "--to", full.path, "--delta"], "not empty")
    try refused(["latest", "--to", deployment.data[0].path], "not empty")
    #expect(full.entries() == ["mine"])
    try refused(["latest", "--to", full.appending(path: "mine").path], "not a folder")
    let target = deployment.folder.path("restored")
    #expect(try deployment.akiba(["restore", ids[0], "--to", target]).status == 0)
    try refused([ids[0], "--to", target], "already holds")
    try refused([ids[1], "--to", target], "--delta")
    let part = deployment.folder.path("part")
    #expect(try deployment.akiba(["restore", ids[0], "--to", part, "--database", "medic"]).status == 0)
    try refused([ids[1], "--to", part, "--delta"], "part of a snapshot")
    try refused(["latest", "--to", deployment.folder.path("x"), "--database", "nothing"], "no database 'nothing'")
    try refused(["latest", "--to", deployment.folder.path("x"), "--path", "nothing"], "no path 'nothing'")
    try refused(["abcdef01", "--to", deployment.folder.path("x")], "abcdef01")
    try refused(["2001-01-01", "--to", deployment.folder.path("x")], "2001-01-01")
    #expect(!FileManager.default.fileExists(atPath: deployment.folder.path("x")), "a refused restore left a folder")

    // Somebody works in the restored folder.
    let shard = try URL(filePath: target).appending(path: "couchdb").filesBelow().first { $0.hasSuffix(".couch") }
    let user = try Program.start("/usr/bin/tail", ["-f", "\(target)/couchdb/\(try #require(shard))"])
    defer { user.signal(SIGKILL) }
    usleep(300_000)
    try refused([ids[1], "--to", target, "--delta"], "in use by process \(user.identifier)")
    user.signal(SIGKILL)
    _ = try user.wait()
    let delta = try deployment.akiba(["restore", ids[1], "--to", target, "--delta"])
    #expect(delta.status == 0, "\(delta.standardError)")
    #expect(try deployment.akiba(["verify", "--restored", target]).status == 0)
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a restore that does not fit is refused before it begins`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let disk = try Mount(bytes: 1 << 20, at: deployment.folder.url.appending(path: "disk"))

    let output = try deployment.akiba(["restore", "latest", "--to", disk.url.path + "/restored"])

    #expect(
      output.status == 1 && output.standardError.contains("free") && output.standardError.contains("hint:"), "\(output.standardError)")
    #expect(disk.url.entries().isEmpty)
  }
}
