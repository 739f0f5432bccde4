import Foundation
import TestSupport
import Testing

/// Commands that run at once on the same locations: cron starts them whether the last one has ended or not.
struct TogetherTests {
  /// The second one lacks what the first got from three backups.
  private func behind() throws -> TestDeployment {
    let deployment = try TestDeployment.large(megabytes: 48, locations: ["first", "second"])
    try deployment.backup()
    try deployment.away(1) {
      for number in 0..<2 {
        try Program.run("/bin/dd", ["if=/dev/urandom", "of=\(deployment.folder.path("extra.bin"))", "bs=1M", "count=\(40 + number)"])
        try deployment.backup(status: 3)
      }
    }
    return deployment
  }

  private func expectWhole(_ deployment: TestDeployment) throws {
    #expect(try deployment.snapshots(in: "first") == deployment.snapshots(in: "second"))
    for (number, location) in ["first", "second"].enumerated() {
      #expect(try deployment.akiba(["check", "--read-data", "--location", location]).status == 0)
      try deployment.expectResticFindsNoErrors(repository: number)
      #expect(deployment.locks(repository: number).isEmpty)
    }
  }

  @Test func `two syncs at once and a backup beside them end with both locations whole`() throws {
    let deployment = try behind()

    let runs = try [["sync"], ["sync"], ["backup"]].map { try deployment.startAkiba($0) }
    let outputs = try runs.map { try $0.wait() }

    for output in outputs { #expect(output.status == 0, "\(output.text)\(output.standardError)") }
    #expect(try deployment.snapshots(in: "second").count == 4)
    try expectWhole(deployment)
  }

  @Test func `of two repairs at once one waits its turn or is refused, and the damage is healed`() throws {
    let deployment = try TestDeployment.large(megabytes: 48, locations: ["first", "second"])
    try deployment.backup()
    try deployment.damageEveryPack()

    let runs = try (0..<2).map { _ in try deployment.startAkiba(["repair", "first"]) }
    let statuses = try runs.map { try $0.wait().status }

    #expect(statuses.contains(0) && statuses.allSatisfy { [0, 11].contains($0) }, "\(statuses)")
    try expectWhole(deployment)
  }

  @Test func `a key file that goes away in a backup does not harm it, and the next run says that it is gone`() throws {
    let deployment = try TestDeployment.large(megabytes: 96)
    let running = try deployment.startAkiba(["backup"])
    #expect(try deployment.wait { try !deployment.packs().isEmpty })
    try FileManager.default.moveItem(atPath: deployment.workingKey, toPath: deployment.workingKey + ".away")
    #expect(try running.wait().status == 0)

    let next = try deployment.akiba(["backup"])

    #expect(next.status == 1 && next.standardError.contains(deployment.workingKey), "\(next.standardError)")
    #expect(next.standardError.contains("hint: "), "\(next.standardError)")
    try FileManager.default.moveItem(atPath: deployment.workingKey + ".away", toPath: deployment.workingKey)
    try deployment.backup()
  }
}
