import Foundation
import TestSupport
import Testing

/// A location that was away, and one run that was cut off.
struct SyncTests {
  @Test func `a location away during three backups gets them from the other, and each restores and proves`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    try deployment.away(1) {
      for day in ["day2", "day3", "day3"] {
        try Program.run("/bin/cp", ["-a", "--remove-destination", corpus.appending(path: "\(day)/.").path, deployment.data[0].path])
        try deployment.backup(status: 3)
      }
      let absent = try deployment.akiba(["sync"])
      #expect(absent.status == 1 && absent.standardError.contains("only one of 2 locations can be reached"), "\(absent.standardError)")
    }

    let plan = try deployment.akiba(["sync", "--dry-run", "--json"])
    #expect(plan.status == 0, "\(plan.standardError)")
    let missing = try plan.objects().map { ($0["location"] as? String, ($0["snapshots"] as? [String])?.count) }
    #expect(missing.map(\.0) == ["first", "second"] && missing.map(\.1) == [0, 3])
    #expect(try deployment.snapshots(in: "second").count == 1, "a dry run copies nothing")

    let sync = try deployment.akiba(["sync", "--json"])
    #expect(sync.status == 0, "\(sync.standardError)")
    let events = try sync.objects()
    #expect(events.map { $0["complete"] as? Bool } == [true, true])
    #expect(try #require(events[1]["bytes"] as? Int) == plan.objects()[1]["bytes"] as? Int)

    let snapshots = try deployment.snapshots(in: "second")
    #expect(try snapshots.count == 4 && snapshots == deployment.snapshots(in: "first"))
    for snapshot in snapshots {
      let restored = try deployment.restore(snapshot, ["--location", "second"])
      let proof = try deployment.akiba(["verify", "--restored", restored.path])
      #expect(proof.status == 0, "\(proof.standardError)")
    }
    try deployment.expectResticFindsNoErrors(repository: 1)
    let again = try deployment.akiba(["sync"])
    #expect(again.text == "location 'first': lacks nothing\nlocation 'second': lacks nothing\n")
    #expect(deployment.locks().isEmpty && deployment.locks(repository: 1).isEmpty)
  }

  /// Over a narrow line, so that a signal comes in the middle.
  @Test(.enabled(if: RemoteServers.isPossible, "sshd needs root"))
  func `^C and kill -9 in a sync lose nothing, and what is there is not sent again`() throws {
    let ssh = try SSHServer()
    let second = "second=sftp:\(ssh.host):\(ssh.folder)/cht,ssh-config=\(ssh.sshConfig),bandwidth=24 MB/s,patience=1 seconds"
    let deployment = try TestDeployment.large(megabytes: 128, options: ["--to", second])
    ssh.stop()
    _ = try deployment.backup(status: 3)
    try ssh.restart()
    let total = try deployment.packBytes(repository: 0)
    let data = URL(filePath: ssh.folder).appending(path: "cht/data")
    func bytes() throws -> Int {
      try data.filesBelow().filter { !$0.contains(".akiba-part") }.reduce(0) { try $0 + data.appending(path: $1).byteCount() }
    }

    for signal in [SIGINT, SIGKILL] {
      let before = try bytes()
      let running = try deployment.startAkiba(["sync"])
      // One whole pack more.
      #expect(try deployment.wait(atMost: 120) { try bytes() > before + (16 << 20) })
      running.signal(signal)
      let output = try running.wait()
      #expect(output.status == (signal == SIGINT ? 130 : SIGKILL), "\(output.standardError)")
      if signal == SIGINT {
        #expect(deployment.locks().isEmpty && URL(filePath: ssh.folder).appending(path: "cht/locks").entries().isEmpty)
      }
      #expect(try deployment.snapshots(in: "second").isEmpty)
      #expect(try deployment.akiba(["check"]).status == 0)
    }
    let there = try bytes()
    let sync = try deployment.akiba(["sync", "--to", "second", "--json"])

    #expect(sync.status == 0, "\(sync.standardError)")
    let event = try #require(sync.objects().last)
    let sent = try #require(event["bytes"] as? Int)
    #expect(there > 30 << 20 && sent < total - there + 100_000, "\(sent) bytes sent of \(total), \(there) were there")
    #expect(try deployment.snapshots(in: "second") == deployment.snapshots(in: "first"))
    #expect(try deployment.akiba(["check", "--read-data", "--location", "second"]).status == 0)
  }

  @Test func `kill -9 in a backup: whole packs are taken up by the next one`() throws {
    let deployment = try TestDeployment.large(megabytes: 160)
    let running = try deployment.startAkiba(["backup"])
    #expect(try deployment.wait(atMost: 120) { try deployment.packs().count >= 4 })
    running.signal(SIGKILL)
    _ = try running.wait()
    let there = try deployment.packBytes(repository: 0)

    let event = try deployment.backup()

    let stored = try #require(event["bytes_stored"] as? Int)
    #expect(there > 60 << 20)
    #expect(stored + there < 165 << 20, "\(there) bytes were there, \(stored) were stored again")
    #expect(try deployment.packBytes(repository: 0) == there + stored)
    try deployment.expectResticFindsNoErrors()
  }

  @Test func `what cannot be synced is refused with the way out`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second", "third"])
    try deployment.backup()

    let unknown = try deployment.akiba(["sync", "--to", "usb"])
    #expect(unknown.status == 1 && unknown.standardError.contains("no location 'usb'"))
    #expect(unknown.standardError.contains("hint: it has: first, second, third"))
    #expect(try deployment.akiba(["sync", "--from", "first", "--to", "first"]).status == 64)
    try deployment.away(2) {
      _ = try deployment.backup(status: 3)
      let partial = try deployment.akiba(["sync"])
      #expect(partial.status == 3 && partial.standardError.contains("location 'third' is left out"), "\(partial.standardError)")
      let named = try deployment.akiba(["sync", "--to", "third"])
      #expect(named.status == 1 && named.standardError.contains("location 'third' cannot be reached"))
    }
    let one = try deployment.akiba(["sync", "--from", "second", "--to", "third", "--json"])
    #expect(one.status == 0, "\(one.standardError)")
    #expect(try one.objects().map { $0["location"] as? String } == ["third"])
    #expect(try deployment.snapshots(in: "third").count == 2)
  }
}

extension TestDeployment {
  /// Runs `body` while a location is not there.
  func away(_ index: Int, _ body: () throws -> Void) throws {
    let elsewhere = repositories[index] + "-away"
    try FileManager.default.moveItem(atPath: repositories[index], toPath: elsewhere)
    defer { try? FileManager.default.moveItem(atPath: elsewhere, toPath: repositories[index]) }
    try body()
  }

  /// Ids of a location's snapshots, oldest first.
  func snapshots(in location: String) throws -> [String] {
    try akiba(["snapshots", "--json", "--location", location]).objects().filter { $0["type"] as? String == "snapshot" }
      .compactMap { $0["id"] as? String }
  }

  func packBytes(repository index: Int) throws -> Int {
    let data = URL(filePath: repositories[index]).appending(path: "data")
    return try packs(repository: index).reduce(0) { sum, name in
      sum + (try FileManager.default.attributesOfItem(atPath: data.appending(path: name).path)[.size] as? Int ?? 0)
    }
  }
}
