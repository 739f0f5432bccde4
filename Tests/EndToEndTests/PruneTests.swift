import Foundation
import TestSupport
import Testing

/// `akiba prune` and `akiba pin`, as a person uses them.
struct PruneTests {
  @Test func `each location is pruned to its own policy, and what stays restores and proves`() throws {
    let deployment = try TestDeployment.grown(locations: ["usb", "nas"])
    try deployment.keep("last: 2", at: 0)
    let before = try deployment.snapshots()

    let plan = try deployment.akiba(["prune", "--dry-run", "--json"])
    #expect(plan.status == 0, "\(plan.standardError)")
    #expect(try deployment.snapshots() == before)
    let output = try deployment.akiba(["prune", "--json"])
    #expect(output.status == 0, "\(output.standardError)")

    let events = try output.objects().filter { $0["type"] as? String == "prune" }
    #expect(events.map { $0["name"] as? String } == ["usb", "nas"])
    #expect(events.map { $0["snapshots_removed"] as? Int } == [before.count - 2, 0])
    #expect(events.map { $0["done"] as? Bool } == [true, true])
    let planned = try plan.objects().filter { $0["type"] as? String == "prune" }
    for field in ["snapshots_removed", "bytes_freed", "packs_rewritten", "packs_removed"] {
      #expect(planned.map { $0[field] as? Int } == events.map { $0[field] as? Int }, "\(field)")
    }
    #expect(planned.map { $0["done"] as? Bool } == [false, false])
    #expect(try deployment.snapshots() == before.suffix(2))
    for repository in 0...1 { try deployment.expectResticFindsNoErrors(repository: repository) }
    for snapshot in before.suffix(2) {
      let target = try deployment.restore(snapshot)
      #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
    }
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    try deployment.backup()
  }

  @Test func `what is kept and why is said, also that there is no policy`() throws {
    let deployment = try TestDeployment.grown()
    let snapshots = try deployment.snapshots()

    let without = try deployment.akiba(["prune"])
    #expect(without.status == 0 && without.text.contains("no policy, so no snapshot is removed"), "\(without.text)")
    #expect(try deployment.snapshots() == snapshots)
    let output = try deployment.akiba(["prune", "--keep-last", "1", "--keep-within", "1 second"])
    #expect(output.status == 64)
    let pruned = try deployment.akiba(["prune", "--keep-last", "2", "--keep-monthly", "all"])
    #expect(pruned.status == 0, "\(pruned.standardError)")
    let lines = pruned.text.split(separator: "\n")
    #expect(lines.first == "location 'first': keep last 2, monthly all")
    #expect(
      lines.contains { $0.hasPrefix(snapshots.last?.prefix(8) ?? "?") && $0.hasSuffix("last, monthly, newest unmarked") }, "\(pruned.text)")
    #expect(lines.contains { $0.hasPrefix(snapshots[1].prefix(8)) && $0.hasSuffix("REMOVED") })
    #expect(
      lines.last?.contains("removed \(snapshots.count - 3) of \(snapshots.count) snapshots") == true, "the oldest counts for the month, too"
    )
  }

  @Test func `a pinned snapshot stays until the pin is taken off`() throws {
    let deployment = try TestDeployment.grown(locations: ["usb", "nas"])
    let oldest = try #require(try deployment.snapshots().first)

    let pin = try deployment.akiba(["pin", oldest, "--json"])
    #expect(pin.status == 0, "\(pin.standardError)")
    let pinned = try #require(pin.objects().first?["snapshot"] as? String)
    #expect(try deployment.akiba(["snapshots"]).text.contains("PINNED"))
    #expect(try deployment.akiba(["pin", pinned]).status == 1)
    #expect(try deployment.akiba(["prune", "--keep-last", "1"]).status == 0)
    for repository in 0...1 {
      #expect(try deployment.restic(["snapshots", "--json"], repository: repository).text.contains(pinned))
      try deployment.expectResticFindsNoErrors(repository: repository)
    }
    #expect(try deployment.akiba(["prune", "--forget", pinned]).standardError.contains("is not removed: pinned"))
    let unpin = try deployment.akiba(["pin", "--remove", pinned, "--json"])
    let unpinned = try #require(unpin.objects().first?["snapshot"] as? String)
    #expect(try deployment.akiba(["prune", "--forget", unpinned]).status == 0)
    #expect(try deployment.snapshots().count == 1)
  }

  @Test func `a location that is away is skipped, with code 3`() throws {
    let deployment = try TestDeployment.grown(locations: ["usb", "nas"])
    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: deployment.folder.path("unplugged"))

    let output = try deployment.akiba(["prune", "--keep-last", "1", "--json"])
    #expect(output.status == 3 && output.standardError.contains("location 'nas' is not pruned"), "\(output.standardError)")
    #expect(try output.objects().contains { $0["name"] as? String == "nas" && $0["skipped"] is String })
    #expect(try deployment.snapshots().count == 1)
    #expect(try deployment.akiba(["prune", "usb"]).status == 0)
  }

  @Test(arguments: [
    ("last: 0", "'last' is '0'"), ("within: soon", "'within' is 'soon'"), ("", "'keep' says nothing"),
    ("dayly: 3", "unknown key 'dayly' in 'keep'"),
  ])
  func `a policy that cannot be meant is refused with its line`(_ policy: String, _ says: String) throws {
    let deployment = try TestDeployment.growth()
    try deployment.keep(policy, at: 0)

    let output = try deployment.akiba(["prune"])

    #expect(output.status == 1 && output.standardError.contains(says) && output.standardError.contains("line "), "\(output.standardError)")
  }

  @Test func `while a backup runs a prune refuses, or waits for its end`() throws {
    let deployment = try TestDeployment.grown()
    let backup = try deployment.stopped { try deployment.startAkiba(["backup"]) }
    defer { backup.signal(SIGKILL) }

    let refused = try deployment.akiba(["prune", "--keep-last", "1"])
    #expect(refused.status == 11, "\(refused.standardError)")
    let waiting = try deployment.startAkiba(["prune", "--keep-last", "1", "--wait", "120"])
    usleep(500_000)
    #expect(waiting.isRunning)
    backup.signal(SIGCONT)
    #expect(try backup.wait().status == 0)
    let output = try waiting.wait()

    #expect(output.status == 0, "\(output.standardError)")
    #expect(try deployment.snapshots().count == 1)
    try deployment.expectResticFindsNoErrors()
    #expect(try deployment.akiba(["verify", "latest"]).status == 0)
  }

  @Test func `while a prune runs a backup refuses`() throws {
    let deployment = try TestDeployment.grown()
    let prune = try deployment.stopped { try deployment.startAkiba(["prune", "--keep-last", "1"]) }
    defer { prune.signal(SIGKILL) }

    #expect(try deployment.akiba(["backup"]).status == 11)
    prune.signal(SIGCONT)
    #expect(try prune.wait().status == 0)
    try deployment.backup()
    try deployment.expectResticFindsNoErrors()
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `^C in a prune stops cleanly, and the next one ends it`(_ signal: Int32) throws {
    let deployment = try TestDeployment.grown()
    let newest = try #require(try deployment.snapshots().last)
    let running = try deployment.stopped { try deployment.startAkiba(["prune", "--keep-last", "1"]) }
    running.signal(signal)
    running.signal(SIGCONT)
    let output = try running.wait()

    #expect(output.status == 130, "\(output.standardError)")
    #expect(deployment.locks().isEmpty)
    #expect(try deployment.restic(["check", "--read-data"]).status == 0)
    #expect(try deployment.akiba(["prune", "--keep-last", "1"]).status == 0)
    #expect(try deployment.snapshots() == [newest])
    try deployment.expectResticFindsNoErrors()
  }
}

extension TestDeployment {
  /// Backed up five times while it grew.
  static func grown(locations: [String] = ["first"]) throws -> TestDeployment {
    let deployment = try growth(locations: locations)
    let file = deployment.folder.url.appending(path: "extra.bin")
    try deployment.editConfiguration { $0.replacing("extra: []", with: "extra: [\(file.path)]") }
    let chance = try FileHandle(forReadingFrom: URL(filePath: "/dev/urandom"))
    var content = try #require(try chance.read(upToCount: 4 << 20))
    for day in 0..<5 {
      // A megabyte that is new, and three that were there.
      let start = (day % 4) << 20
      content.replaceSubrange(start..<start + (1 << 20), with: try #require(try chance.read(upToCount: 1 << 20)))
      try content.write(to: file)
      try deployment.backup()
    }
    return deployment
  }

  /// Gives a location a policy.
  func keep(_ policy: String, at index: Int) throws {
    try editConfiguration { text in
      text.replacing("path: \(repositories[index])\n", with: "path: \(repositories[index])\n    keep: {\(policy)}\n")
    }
  }
}
