import Foundation
import TestSupport
import Testing

/// Disks that are full, read-only, bad or away.
struct DiskTests {
  @Test(
    .enabled(if: Mount.isPossible, "needs root and mount"), arguments: [64, 128, 256, 384, 512, 640, 700, 720, 760, 800, 900, 1024, 1536])
  func `a full disk at a location fails the backup and leaves a sound repository`(_ kilobytes: Int) throws {
    let folder = try TemporaryFolder()
    let disk = try Mount(bytes: kilobytes << 10, at: folder.url.appending(path: "disk"))
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day1").path, folder.path("data")])
    let configuration = folder.path("conf/akiba.yaml")
    func akiba(_ arguments: [String]) throws -> Program.Output { try Akiba.run(arguments, environment: ["AKIBA_CONFIG": configuration]) }
    let initial = try akiba(["init", "--data", folder.path("data"), "--to", "small=\(disk.url.path)/repository"])
    try #require(initial.status == 0, "\(initial.standardError)")

    // There may be room for one and not for the next.
    var before = 0
    for _ in 0..<2 {
      let backup = try akiba(["backup"])
      #expect([0, 1].contains(backup.status), "\(backup.standardError)")
      if backup.status == 1 {
        #expect(backup.standardError.contains("error:") && backup.standardError.contains("hint:"), "\(backup.standardError)")
        #expect(backup.standardError.lowercased().contains("space") || backup.standardError.contains("full"), "\(backup.standardError)")
      }
      #expect(disk.url.appending(path: "repository/locks").entries().isEmpty)
      #expect(try !disk.url.filesBelow().contains { $0.hasSuffix(".akiba-part") }, "an unfinished file keeps the disk full")
      let snapshots = try akiba(["snapshots", "--json"])
      let count = try snapshots.objects().count { $0["type"] as? String == "snapshot" }
      #expect(snapshots.status == 0 && count == before + (backup.status == 0 ? 1 : 0))
      before = count
      let check = try Program.run(
        "/usr/bin/env",
        [
          "restic", "--no-cache", "--no-lock", "--repo", disk.url.path + "/repository", "--password-file", folder.path("conf/working.key"),
          "check", "--read-data",
        ])
      #expect(check.status == 0, "\(check.standardError)")
    }
  }

  /// To the last block: a repository that has become full is still there to be restored from.
  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a location whose disk is full can be read`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let disk = try Mount(bytes: 2 << 20, at: deployment.folder.url.appending(path: "disk"))
    let copy = disk.url.path + "/repository"
    try Program.run("/bin/cp", ["-a", deployment.repositories[0], copy])
    try Program.run("/bin/dd", ["if=/dev/zero", "of=\(disk.url.path)/filler", "bs=4k"])
    try deployment.editConfiguration { $0.replacing(deployment.repositories[0], with: copy) }

    let backup = try deployment.akiba(["backup"])
    #expect(backup.status == 1 && backup.standardError.contains("hint:"), "\(backup.standardError)")
    for arguments in [["snapshots"], ["verify", "latest"], ["check"], ["restore", "latest", "--to", deployment.folder.path("restored")]] {
      let output = try deployment.akiba(arguments)
      #expect(output.status == 0, "\(arguments): \(output.standardError)")
    }
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"), arguments: [256, 1024, 2048, 3072, 3700, 4096])
  func `a full disk under a restore is an error, and the restore goes on on a larger one`(_ kilobytes: Int) throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let disk = try Mount(bytes: kilobytes << 10, at: deployment.folder.url.appending(path: "disk"))
    let target = disk.url.path + "/restored"

    let output = try deployment.akiba(["restore", "latest", "--to", target])
    #expect([0, 1].contains(output.status))
    if output.status == 1 { #expect(output.standardError.contains("hint:"), "\(output.standardError)") }
    if kilobytes < 3000 { #expect(output.status == 1) }

    try Program.run("/usr/bin/env", ["mount", "-o", "remount,size=16m", disk.url.path])
    if output.status == 1 {
      let again = try deployment.akiba(["restore", "latest", "--to", target])
      #expect(again.status == 0, "\(again.standardError)")
    }
    #expect(try deployment.akiba(["verify", "--restored", target]).status == 0)
    #expect(try deployment.listsNoUnfinishedFile(below: disk.url))
    #expect(deployment.locks().isEmpty)
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a read-only medium is read as ever, and a backup to it says why it cannot`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let medium = try Mount(readOnly: deployment.repository, at: deployment.folder.url.appending(path: "medium"))
    try deployment.editConfiguration { $0.replacing(deployment.repositories[0], with: medium.url.path) }

    let backup = try deployment.akiba(["backup"])
    #expect(backup.status == 1)
    #expect(backup.standardError.lowercased().contains("read-only") && backup.standardError.contains("hint:"), "\(backup.standardError)")
    let target = deployment.folder.path("restored")
    for arguments in [
      ["snapshots"], ["check", "--read-data"], ["verify", "latest"], ["restore", "latest", "--to", target],
      ["verify", "--restored", target], ["key", "list"],
    ] {
      let output = try deployment.akiba(arguments)
      #expect(output.status == 0, "\(arguments): \(output.standardError)")
    }
    let accept = try deployment.akiba(["key", "add", deployment.folder.path("third.key")])
    #expect(accept.status == 1 && accept.standardError.contains("hint:"), "\(accept.standardError)")
  }

  @Test
  func `a location that is away does not stop the others and is caught up later`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    let away = deployment.folder.path("away")
    try FileManager.default.moveItem(atPath: deployment.repositories[0], toPath: away)
    try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day2").path, deployment.data[0].path])

    let output = try deployment.akiba(["backup"])
    #expect(output.status == 3)
    #expect(output.standardError.contains("location 'first'"), "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: deployment.repositories[0]), "a folder was made where a disk should be mounted")
    #expect(try deployment.akiba(["restore", "latest", "--dry-run"]).status == 0)

    try FileManager.default.moveItem(atPath: away, toPath: deployment.repositories[0])
    let event = try deployment.backup()
    #expect((event["locations"] as? [[String: Any]])?.allSatisfy { $0["complete"] as? Bool == true } == true)
    #expect(try deployment.sameSnapshotFiles())
    #expect(try deployment.snapshots().count == 3)
    for index in 0...1 { try deployment.expectResticFindsNoErrors(repository: index) }
    for name in ["first", "second"] { #expect(try deployment.akiba(["verify", "latest", "--location", name]).status == 0) }
  }

  /// The other way round: the location that was away is the second in the configuration, and it had been away for several runs.
  @Test
  func `a location that was away for several runs is caught up whichever it is`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    let away = deployment.folder.path("away")
    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: away)
    for day in ["day1", "day2", "day3"] {
      try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
      try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: day).path, deployment.data[0].path])
      try deployment.backup(status: 3)
    }
    try FileManager.default.moveItem(atPath: away, toPath: deployment.repositories[1])

    try deployment.backup()

    #expect(try deployment.sameSnapshotFiles())
    try deployment.expectResticFindsNoErrors(repository: 1)
    for id in try deployment.snapshots() { #expect(try deployment.akiba(["verify", id, "--location", "second"]).status == 0) }
  }

  struct BadDisk: CustomTestStringConvertible {
    let isFull: Bool
    var testDescription: String { isFull ? "full" : "read-only" }
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"), arguments: [true, false].map(BadDisk.init), ["first", "second"])
  func `a bad disk at one of two locations is a partial success, and is caught up when it is good again`(
    _ disk: BadDisk, _ name: String
  ) throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    let index = name == "first" ? 0 : 1
    let mount = try Mount(bytes: 1 << 20, at: deployment.folder.url.appending(path: "disk"))
    let moved = mount.url.path + "/repository"
    try Program.run("/bin/cp", ["-a", deployment.repositories[index], moved])
    try deployment.editConfiguration { $0.replacing("path: \(deployment.repositories[index])\n", with: "path: \(moved)\n") }
    if disk.isFull {
      try Program.run("/bin/dd", ["if=/dev/urandom", "of=\(mount.url.path)/filler", "bs=4k"])
      // Room for a lock, not for what is new.
      try Program.run("/usr/bin/truncate", ["--size=-8k", mount.url.path + "/filler"])
    } else {
      try Program.run("/usr/bin/env", ["mount", "-o", "remount,ro", mount.url.path])
    }
    try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day3").path, deployment.data[0].path])

    let output = try deployment.akiba(["backup"])
    #expect(output.status == 3, "\(output.standardError)")
    #expect(output.standardError.contains("location '\(name)'") && output.standardError.contains("hint:"), "\(output.standardError)")
    let other = name == "first" ? "second" : "first"
    #expect(try deployment.akiba(["verify", "latest", "--location", other]).status == 0)

    if !disk.isFull { try Program.run("/usr/bin/env", ["mount", "-o", "remount,rw", mount.url.path]) }
    try Program.run("/usr/bin/env", ["mount", "-o", "remount,size=16m", mount.url.path])
    try deployment.backup()
    #expect(
      URL(filePath: moved).appending(path: "snapshots").entries()
        == URL(filePath: deployment.repositories[1 - index]).appending(path: "snapshots").entries())
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    #expect(try deployment.akiba(["verify", "latest", "--location", name]).status == 0)
  }

  /// The location that is away has the marked snapshot still; afterwards both have the accepted one, and only that.
  @Test
  func `a mark taken off while a location is away does not come back`() throws {
    let deployment = try TestDeployment.growth("day3", locations: ["first", "second"])
    try deployment.backup()
    let shard = try deployment.data[0].shard(of: "medic")
    try Data(contentsOf: try deployment.data[0].shard(of: "_replicator")).write(to: shard)
    let marked = try #require(try deployment.backup(status: 3)["snapshot"] as? String)
    let away = deployment.folder.path("away")
    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: away)
    let accept = try deployment.akiba(["snapshots", "--accept", marked])
    try FileManager.default.moveItem(atPath: away, toPath: deployment.repositories[1])
    // Either refused with the reason, or made good later.
    if accept.status != 0 { return #expect(accept.standardError.contains("second") && accept.standardError.contains("hint:")) }

    _ = try deployment.akiba(["backup"])

    #expect(try deployment.sameSnapshotFiles())
    for name in ["first", "second"] {
      #expect(try !deployment.akiba(["snapshots", "--location", name]).text.contains("MARKED"), "\(name)")
    }
  }

  /// Linux names are bytes: two that differ only where they are no UTF-8 are two files, and the manifest could not tell them apart.
  @Test
  func `names that are no UTF-8 are left out with a finding, and the rest is restored as it was`() throws {
    let deployment = try TestDeployment.withCredentials()
    let folder = deployment.folder.path("upgrade")
    for byte in ["\\376", "\\377"] {
      try Program.run("/bin/sh", ["-c", "printf %s '\(byte)' > \"\(folder)/name-$(printf '\(byte)')\""])
    }
    let listing = ["-c", "cd \"$0\" && ls -1A | grep --invert-match --text '^name-'"]
    let before = try Program.run("/bin/sh", listing + [folder]).text

    let output = try deployment.akiba(["backup", "--json"])
    let restored = try deployment.restore()

    #expect(output.status == 3)
    #expect(try output.objects().count { $0["kind"] as? String == "name-not-utf8" } == 2)
    #expect(!before.isEmpty)
    #expect(try Program.run("/bin/sh", ["-c", "ls -1A \"$0\"", restored.path + "/cht/upgrade-service"]).text == before)
    #expect(try deployment.akiba(["verify", "--restored", restored.path]).status == 0)
  }
}
