import Foundation
import TestSupport
import Testing

/// What a drill may not do, and what becomes of one that is stopped.
@Suite(.serialized)
struct DrillBoundsTests {
  @Test func `it restores on no path of production, and into no folder of others`() throws {
    let drills = try DrillDeployment()
    let deployment = drills.deployment
    let foreign = drills.folder.url.appending(path: "foreign/akiba-drill-cht")
    try FileManager.default.createDirectory(at: foreign, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: foreign.appending(path: "thesis.txt"))
    let link = drills.folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: deployment.data[0].path)

    for (scratch, reason) in [
      (deployment.data[0].path, "is in use"), (deployment.data[0].path + "/shards", "is in use"), (link, "is in use"),
      (deployment.repositories[1] + "/data", "is in use"), (drills.folder.path("tls"), "is in use"),
      (drills.folder.path("foreign"), "holds things that no drill made: thesis.txt"),
    ] {
      let output = try deployment.akiba(["drill", "--offline", "--location", "usb", "--scratch", scratch])
      #expect(output.status == 1 && output.standardError.contains(reason), "\(scratch): \(output.standardError)")
      #expect(output.standardError.contains("--scratch DIR"))
    }
    #expect(try String(contentsOf: foreign.appending(path: "thesis.txt"), encoding: .utf8) == "mine")
    #expect(!FileManager.default.fileExists(atPath: drills.evidence.path))
    let which = try deployment.akiba(["drill", "--offline"])
    #expect(which.status == 1 && which.standardError.contains("which location? it has: usb, nas"), "\(which.standardError)")
  }

  @Test(.enabled(if: Mount.isPossible, "mounting needs root"))
  func `it is refused where it would fill the disk beyond 90 %`() throws {
    let drills = try DrillDeployment(locations: ["usb"])
    let mount = try Mount(bytes: 8 << 20, at: drills.folder.url.appending(path: "small"))
    try Data(count: 4 << 20).write(to: mount.url.appending(path: "other"))

    let output = try drills.deployment.akiba(["drill", "--offline", "--scratch", mount.url.path])

    #expect(output.status == 1 && output.standardError.contains("would be more than 90 % full"), "\(output.standardError)")
    try FileManager.default.removeItem(at: mount.url.appending(path: "other"))
    let enough = try drills.drill("usb", ["--offline", "--scratch", mount.url.path])
    #expect(enough.output.status == 0, "\(enough.output.standardError)")
  }

  /// Bytes that do not compress: at 1 MB/s a drill of so many is still at it whenever a machine under load looks.
  private static let megabytes = 64

  @Test func `^C and kill -9 do no harm: the next drill goes on with the same snapshot`() throws {
    let drills = try DrillDeployment(locations: ["usb"], megabytes: Self.megabytes)
    let deployment = drills.deployment
    let first = try #require(deployment.snapshots().first)
    for signal in [SIGINT, SIGKILL] {
      try? FileManager.default.removeItem(atPath: drills.scratch)
      let running = try deployment.startAkiba(["drill", "--offline", "--limit", "1"])
      #expect(deployment.wait(atMost: 120) { !URL(filePath: drills.scratch + "/restored/couchdb").entries().isEmpty })
      running.signal(signal)
      let output = try running.wait()
      #expect(output.status == (signal == SIGINT ? 130 : SIGKILL), "\(output.standardError)")
      #expect(FileManager.default.fileExists(atPath: drills.scratch + "/drill.json"))
    }
    // There is a newer one now; the interrupted drill is ended all the same.
    try deployment.backup()

    let outcome = try drills.drill("usb", ["--offline"])

    #expect(
      outcome.output.status == 0 && outcome.record["resumed"] as? Bool == true, "\(outcome.output.text)\(outcome.output.standardError)")
    #expect((outcome.record["snapshot"] as? [String: Any])?["id"] as? String == first)
    drills.expectNothingLeft()
    let next = try drills.drill("usb", ["--offline"])
    #expect(next.record["resumed"] as? Bool == false && (next.record["snapshot"] as? [String: Any])?["id"] as? String != first)
    #expect(deployment.locks().isEmpty)
  }

  @Test func `what a killed drill left elsewhere goes, and nothing that was changed or kept is gone on with`() throws {
    let drills = try DrillDeployment(locations: ["usb"], megabytes: Self.megabytes)
    let elsewhere = drills.folder.path("elsewhere")
    let running = try drills.deployment.startAkiba(["drill", "--offline", "--limit", "1", "--scratch", elsewhere])
    #expect(drills.deployment.wait(atMost: 120) { FileManager.default.fileExists(atPath: elsewhere + "/akiba-drill-cht/restored") })
    running.signal(SIGKILL)
    _ = try running.wait()

    let kept = try drills.drill("usb", ["--offline", "--keep"])

    #expect(kept.output.status == 0 && !FileManager.default.fileExists(atPath: elsewhere + "/akiba-drill-cht"))
    #expect(FileManager.default.fileExists(atPath: drills.scratch + "/restored/akiba/manifest.json"))
    // Were it gone on with, the missing file would be an error.
    try FileManager.default.removeItem(atPath: drills.scratch + "/restored/cht/upgrade-service/.env")
    let next = try drills.drill("usb", ["--offline"])
    #expect(next.output.status == 0 && next.record["resumed"] as? Bool == false, "\(next.findings)")
    drills.expectNothingLeft()
  }

  @Test func `an interrupted location comes first, then the one not drilled for longest`() throws {
    let drills = try DrillDeployment(locations: ["a", "b", "c"], megabytes: Self.megabytes)
    #expect(try drills.drill("a", ["--offline"]).output.status == 0)
    let running = try drills.deployment.startAkiba(["drill", "--offline", "--limit", "1", "--location", "c"])
    #expect(drills.deployment.wait(atMost: 120) { FileManager.default.fileExists(atPath: drills.scratch + "/restored") })
    running.signal(SIGINT)
    _ = try running.wait()

    let all = try drills.deployment.akiba(["drill", "--all", "--offline", "--json"])

    let records = try all.objects().filter { $0["type"] as? String == "drill" }.compactMap { $0["record"] as? [String: Any] }
    #expect(records.compactMap { ($0["location"] as? [String: Any])?["name"] as? String } == ["c", "b", "a"], "\(all.text)")
    #expect(records.compactMap { $0["resumed"] as? Bool } == [true, false, false])
  }

  @Test func `outside of its hours nothing is begun`() throws {
    let drills = try DrillDeployment(locations: ["usb"])
    let hour = (Calendar.current.component(.hour, from: Date()) + 12) % 24

    let closed = try drills.deployment.akiba(["drill", "--offline", "--window", "\(hour):00-\(hour):30"])
    let open = try drills.deployment.akiba(["drill", "--offline", "--window", "\(hour):30-\(hour):00"])

    #expect(closed.status == 3 && closed.standardError.contains("nothing was begun"), "\(closed.standardError)")
    #expect(open.status == 0, "\(open.standardError)")
    for wrong in ["22-5", "22:00", "24:00-05:00", "22:60-23:00", "5:00-5:00", "a:b-c:d"] {
      #expect(try drills.deployment.akiba(["drill", "--window", wrong]).status == 64, "\(wrong)")
    }
  }

  @Test func `two drills at once: the second is told`() throws {
    let drills = try DrillDeployment(locations: ["usb"], megabytes: Self.megabytes)
    let running = try drills.deployment.startAkiba(["drill", "--offline", "--limit", "1"])
    defer { running.signal(SIGKILL) }
    #expect(drills.deployment.wait(atMost: 120) { FileManager.default.fileExists(atPath: drills.scratch + "/restored") })

    let second = try drills.deployment.akiba(["drill", "--offline"])

    #expect(second.status == 1 && second.standardError.contains("another drill of 'cht' is at work in"), "\(second.standardError)")
  }
}
