import Foundation
import TestSupport
import Testing

/// ^C, SIGTERM and kill -9 in backups and restores.
struct InterruptionTests {
  @Test(arguments: [SIGINT, SIGTERM])
  func `^C in a backup stops cleanly, and the next run works`(_ signal: Int32) throws {
    let deployment = try TestDeployment.large()
    let running = try deployment.startAkiba(["backup"])
    #expect(try deployment.wait { try !deployment.packs().isEmpty })
    running.signal(signal)
    let output = try running.wait()

    #expect(output.status == 130, "\(output.standardError)")
    #expect(output.standardError.contains("interrupted"))
    #expect(deployment.locks().isEmpty)
    #expect(try deployment.snapshots().isEmpty)
    #expect(try deployment.akiba(["check"]).status == 0)
    #expect(try deployment.listsNoUnfinishedFile(below: deployment.repository))
    #expect(try deployment.restic(["check"]).status == 0)
    try deployment.backup()
    try deployment.expectResticFindsNoErrors()
  }

  @Test
  func `^C in a restore stops cleanly, and the same command goes on`() throws {
    let deployment = try TestDeployment.large()
    try deployment.backup()
    let target = deployment.folder.url.appending(path: "restored")
    let running = try deployment.startAkiba(["restore", "latest", "--to", target.path])
    #expect(deployment.wait { !((try? target.filesBelow()) ?? []).filter { $0.contains("couchdb/") }.isEmpty })
    running.signal(SIGINT)
    let output = try running.wait()

    #expect(output.status == 130, "\(output.standardError)")
    #expect(deployment.locks().isEmpty)
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 1)
    let again = try deployment.akiba(["restore", "latest", "--to", target.path, "--json"])
    #expect(again.status == 0, "\(again.standardError)")
    #expect(try again.objects().last?["resumed"] as? Bool == true)
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
    #expect(try deployment.listsNoUnfinishedFile(below: target))
  }

  /// While it waits for a lock there is nothing to finish: a second ^C must not wait either.
  @Test
  func `a second ^C stops at once`() throws {
    let deployment = try TestDeployment.growth()
    let prune = try deployment.stopped { try deployment.startRestic(["prune"]) }
    defer { prune.signal(SIGKILL) }
    let running = try deployment.startAkiba(["backup", "--wait", "600"])
    usleep(500_000)
    #expect(running.isRunning)
    let start = Date()
    running.signal(SIGINT)
    usleep(20_000)
    running.signal(SIGINT)
    let output = try running.wait()

    #expect(output.status == 130)
    #expect(Date().timeIntervalSince(start) < 200, "a machine under load is slow, but the lock is waited for 600 s")
    #expect(deployment.locks().count == 1, "only the lock of the other program is left")
  }

  /// Ten times, at whichever moment it is then.
  @Test(arguments: 1...10)
  func `kill -9 in a restore leaves no half file under a final name`(_ moment: Int) throws {
    let deployment = try TestDeployment.large(megabytes: 24)
    try deployment.backup()
    let whole = try deployment.restore()
    let target = deployment.folder.url.appending(path: "restored")
    let running = try deployment.startAkiba(["restore", "latest", "--to", target.path])
    // From the moment the folder is there on; nine tenths fall into the work, some before or after it.
    _ = deployment.wait { FileManager.default.fileExists(atPath: target.path) || !running.isRunning }
    usleep(UInt32(moment - 1) * 15_000)
    running.signal(SIGKILL)
    _ = try running.wait()

    for name in try target.filesBelow() where !name.hasSuffix(".akiba-part") && name != ".akiba-restore.json" {
      #expect(
        FileManager.default.contentsEqual(atPath: target.appending(path: name).path, andPath: whole.appending(path: name).path), "\(name)")
    }
    let again = try deployment.akiba(["restore", "latest", "--to", target.path])
    let isComplete = again.standardError.contains("already holds a restore")
    #expect(again.status == (isComplete ? 1 : 0), "\(again.standardError)")
    let proof = try deployment.akiba(["verify", "--restored", target.path])
    #expect(proof.status == 0, "\(proof.standardError)")
    #expect(try deployment.listsNoUnfinishedFile(below: target))
  }

  /// What a kill in the very first moment leaves: the mark itself, unfinished.
  @Test
  func `a restore killed before it could mark its folder goes on, too`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let target = deployment.folder.url.appending(path: "restored")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: target.appending(path: "..akiba-restore.json.4711.815.akiba-part"))

    let output = try deployment.akiba(["restore", "latest", "--to", target.path])

    #expect(output.status == 0, "\(output.standardError)")
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
  }
}
