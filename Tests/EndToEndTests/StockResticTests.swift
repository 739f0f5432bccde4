import Foundation
import TestSupport
import Testing

/// Stock restic and akiba on one repository, one after the other and at the same time.
struct StockResticTests {
  @Test
  func `stock prune refuses while our backup runs, and the backup completes`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let backup = try deployment.stopped { try deployment.startAkiba(["backup"]) }

    let prune = try deployment.restic(["prune"])
    let forget = try deployment.restic(["forget", "--prune", "--keep-last", "1"])

    #expect(prune.status != 0 && prune.standardError.contains("locked"), "\(prune.standardError)")
    #expect(forget.status != 0 && forget.standardError.contains("locked"), "\(forget.standardError)")
    #expect(backup.isRunning)
    backup.signal(SIGCONT)
    #expect(try backup.wait().status == 0)
    #expect(deployment.locks().isEmpty)
    try deployment.expectResticFindsNoErrors()
    #expect(try deployment.restic(["prune"]).status == 0)
    #expect(try deployment.akiba(["verify", "latest"]).status == 0)
  }

  @Test
  func `our backup refuses with code 11 while stock prune runs, or waits for it`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let prune = try deployment.stopped { try deployment.startRestic(["prune"]) }

    let refused = try deployment.akiba(["backup"])
    #expect(refused.status == 11, "\(refused.standardError)")
    #expect(refused.standardError.contains("exclusively locked by process \(prune.identifier)"), "\(refused.standardError)")
    #expect(refused.standardError.contains("hint:"))
    for reading in [["restore", "latest", "--to", deployment.folder.path("none")], ["check"], ["verify", "latest"]] {
      #expect(try deployment.akiba(reading).status == 11, "\(reading)")
    }
    #expect(deployment.locks().count == 1)

    let waiting = try deployment.startAkiba(["backup", "--wait", "60"])
    prune.signal(SIGCONT)
    #expect(try prune.wait().status == 0)
    #expect(try waiting.wait().status == 0)
    #expect(try deployment.snapshots().count == 2)
    #expect(deployment.locks().isEmpty)
    try deployment.expectResticFindsNoErrors()
  }

  /// One of two locations is being pruned: the other gets its snapshot, and the next run brings the first up to date.
  @Test
  func `a location that is locked is left out and caught up later`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    let prune = try deployment.stopped { try deployment.startRestic(["prune"]) }

    let event = try deployment.backup(status: 3)
    let locations = try #require(event["locations"] as? [[String: Any]])
    #expect(locations.first { $0["name"] as? String == "second" }?["complete"] as? Bool == true)
    #expect(locations.first { $0["name"] as? String == "first" }?["complete"] as? Bool == false)
    prune.signal(SIGCONT)
    _ = try prune.wait()

    try deployment.backup()
    for index in 0...1 { try deployment.expectResticFindsNoErrors(repository: index) }
    #expect(try deployment.sameSnapshotFiles())
  }

  /// A lock of a restic that was killed is no reason to fail for ever.
  @Test
  func `the lock of a program that is gone is removed`() throws {
    let deployment = try TestDeployment.growth()
    let prune = try deployment.stopped { try deployment.startRestic(["prune"]) }
    prune.signal(SIGKILL)
    _ = try prune.wait()
    #expect(deployment.locks().count == 1)

    try deployment.backup()

    #expect(deployment.locks().isEmpty)
  }

  @Test
  func `stock commands work on our repository, and we read what they leave`() throws {
    let deployment = try TestDeployment.growth()
    for day in ["day1", "day2", "day3"] {
      try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
      try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: day).path, deployment.data[0].path])
      try deployment.backup()
    }
    let shard = try deployment.data[0].shard(of: "medic")
    let path = try #require(try deployment.storedPaths().first { $0.hasSuffix(shard.path(below: deployment.data[0])) })

    let dump = try deployment.restic(["dump", "latest", "/" + path])
    #expect(dump.status == 0)
    #expect(try [UInt8](Data(contentsOf: shard)).starts(with: dump.standardOutput) && !dump.standardOutput.isEmpty)
    for arguments in [["stats"], ["find", shard.lastPathComponent], ["ls", "latest"], ["key", "list"]] {
      #expect(try deployment.restic(arguments).status == 0, "\(arguments)")
    }

    // A stock snapshot of other files among ours, also as the newest one.
    #expect(try deployment.restic(["backup", "--tag", "mine", deployment.configuration]).status == 0)
    let withStranger = try deployment.akiba(["snapshots"])
    #expect(withStranger.status == 0 && withStranger.text.contains("not akiba's"))
    let second = try deployment.backup()
    #expect(second["files_new"] as? Int == 0, "the stranger's snapshot was taken for the last one")

    #expect(try deployment.restic(["forget", "--tag", "akiba", "--keep-last", "2", "--prune"]).status == 0)
    #expect(try deployment.restic(["prune", "--max-unused", "0", "--repack-cacheable-only=false"]).status == 0)
    #expect(try deployment.restic(["rebuild-index", "--read-all-packs"]).status == 0)
    try deployment.expectResticFindsNoErrors()
    for id in try deployment.snapshots().suffix(1) { #expect(try deployment.akiba(["verify", id]).status == 0) }
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    let third = try deployment.backup()
    #expect(third["files_new"] as? Int == 0)
    let restored = try deployment.restore()
    #expect(try deployment.akiba(["verify", "--restored", restored.path]).status == 0)
  }

  @Test
  func `stock copy carries our snapshots into another repository, which we read`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let copy = deployment.folder.path("copy")
    let key = deployment.workingKey
    #expect(
      try Program.run(
        "/usr/bin/env", ["restic", "--no-cache", "--repo", copy, "--password-file", key, "init", "--repository-version", "2"]
      )
      .status == 0)

    let copied = try Program.run(
      "/usr/bin/env",
      [
        "restic", "--no-cache", "--repo", deployment.repositories[0], "--password-file", key, "copy", "--repo2", copy, "--password-file2",
        key,
      ])

    #expect(copied.status == 0, "\(copied.standardError)")
    let there = ["--repository", copy, "--key-file", key]
    #expect(try Akiba.run(["snapshots", "--json"] + there).objects().count == 1)
    #expect(try Akiba.run(["verify", "latest"] + there).status == 0)
    #expect(try Akiba.run(["check", "--read-data"] + there).status == 0)
    let target = deployment.folder.path("restored")
    #expect(try Akiba.run(["restore", "latest", "--to", target] + there).status == 0)
    let difference = try Program.run(
      "/usr/bin/env", ["diff", "-r", "--exclude=.akiba-restore.json", try deployment.restore().path, target])
    #expect(difference.status == 0, "\(difference.text)")
  }

  /// What stock restic wrote and akiba did not: keys, tags, version 1 of nothing.
  @Test
  func `a key that stock restic adds opens for us, and ours for it`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let file = deployment.folder.path("third.key")
    try Data("a password of stock restic\n".utf8).write(to: URL(filePath: file))

    #expect(try deployment.restic(["key", "add", "--new-password-file", file]).status == 0)
    #expect(try deployment.akiba(["snapshots", "--key-file", file]).status == 0)
    #expect(
      try Program.run(
        "/usr/bin/env",
        ["restic", "--no-cache", "--repo", deployment.repositories[0], "--password-file", deployment.recoveryKey, "snapshots"]
      ).status == 0)
  }
}

extension TestDeployment {
  /// Whether the first two locations hold the same snapshots, by name.
  func sameSnapshotFiles() throws -> Bool {
    let names = repositories.prefix(2).map { URL(filePath: $0).appending(path: "snapshots").entries() }
    return names[0] == names[1] && !names[0].isEmpty
  }
}
