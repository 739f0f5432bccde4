import Foundation
import TestSupport
import Testing

/// Three copies at once: the built akiba writes to a folder, a real sshd, a real S3 server and a real REST server.
@Suite(.enabled(if: RemoteServers.isPossible, "sshd needs root"))
struct RemoteLocationsTests {
  private struct NotYet: Error {}

  private static let names = ["folder", "office", "cloud", "server"]

  @Test func `one backup reads the source once, and all locations hold the same snapshot, which stock restic reads`() throws {
    let alone = try TestDeployment.withCredentials().backup()
    let servers = try RemoteServers()
    let deployment = try servers.deployment()

    let event = try deployment.backup()

    #expect(event["bytes_read"] as? Int == alone["bytes_read"] as? Int)
    #expect(event["files_opened"] as? Int == alone["files_opened"] as? Int)
    let completed = try #require(event["locations"] as? [[String: Any]])
    #expect(completed.compactMap { $0["name"] as? String }.sorted() == Self.names.sorted())
    #expect(completed.allSatisfy { $0["complete"] as? Bool == true })
    let snapshot = try #require(event["snapshot"] as? String)
    for name in Self.names {
      #expect(try deployment.snapshots(at: name) == [snapshot], "\(name)")
      try servers.expectResticFindsNoErrors(name, of: deployment)
      let target = deployment.folder.path("from-\(name)")
      #expect(try deployment.akiba(["restore", "latest", "--location", name, "--to", target]).status == 0)
      #expect(try deployment.akiba(["verify", "--restored", target]).status == 0)
    }
    try expectStatus(of: deployment)
  }

  private func expectStatus(of deployment: TestDeployment) throws {
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    // Each by itself, in turn: folder, SFTP, S3, REST.
    let drill = try deployment.akiba(["drill", "--all", "--offline", "--json"])
    #expect(drill.status == 0, "\(drill.text)\(drill.standardError)")
    let results = try drill.objects().filter { $0["type"] as? String == "drill" }.compactMap {
      ($0["record"] as? [String: Any])?["result"] as? String
    }
    #expect(results == Array(repeating: "passed", count: Self.names.count))
    let events = try deployment.akiba(["status", "--json"]).objects()
    #expect(events.last?["copies"] as? Int == 4 && events.last?["media"] as? Int == 3 && events.last?["off_site"] as? Int == 1)
    #expect(events.last?["verdict"] as? String == "warning", "the folder is on the disk of the data")
    #expect(events.prefix(4).allSatisfy { $0["protected"] as? Bool == false })
  }

  @Test func `a server that goes away in the middle stops nobody, and sync sends only what it lacks`() throws {
    let servers = try RemoteServers()
    let deployment = try servers.deployment(patience: "2 seconds")
    try deployment.backup()
    try deployment.addPatients(megabytes: 96, seed: 1)
    let before = servers.line.sentBytes

    let running = try deployment.startAkiba(["backup", "--json"])
    // Two packs of 16 MiB go at once: a third has begun, so one of the first two is stored. The other may be on its way still.
    try eventually { if servers.line.sentBytes - before < 44 << 20 { throw NotYet() } }
    servers.s3.stop()
    let output = try running.wait()

    #expect(output.status == 3, "\(output.standardError)")
    #expect(output.standardError.contains("location 'cloud' "), "\(output.standardError)")
    let event = try #require(output.objects().last { $0["type"] as? String == "backup" })
    let incomplete = (event["locations"] as? [[String: Any]])?.filter { $0["complete"] as? Bool != true }.compactMap {
      $0["name"] as? String
    }
    #expect(incomplete == ["cloud"])

    try servers.s3.restart()
    #expect(try deployment.snapshots(at: "cloud").count == 1)
    let sent = servers.line.sentBytes
    let sync = try deployment.akiba(["sync", "--json"])
    #expect(sync.status == 0, "\(sync.standardError)")
    let resent = servers.line.sentBytes - sent
    #expect(resent < 96_000_000 - (16 << 20) + (2 << 20), "a finished pack was sent again: \(resent)")
    #expect(try deployment.snapshots(at: "cloud") == deployment.snapshots(at: "folder"))
    try servers.expectResticFindsNoErrors("cloud", of: deployment)
    #expect(try deployment.akiba(["sync", "--json"]).status == 0)
  }

  @Test func `what refuses deletion is known by trying`() throws {
    let servers = try RemoteServers()
    try servers.s3.makeBucket("locked", locked: true)
    let appending = try RcloneRESTServer(isAppendOnly: true)
    let places = [
      "usual=\(servers.s3Address),credentials=\(servers.folder.path("s3.credentials"))",
      "locked=s3:\(servers.s3.endpoint)/locked,credentials=\(servers.folder.path("s3.credentials"))", "appending=\(appending.address)cht/",
    ]

    let deployment = try TestDeployment.withCredentials(locations: ["folder"], options: places.flatMap { ["--to", $0] })
    try deployment.backup()
    try deployment.backup()
    let doctor = try deployment.akiba(["doctor"]).text
    let protected = try deployment.akiba(["locations", "--json"]).objects().filter { $0["protected"] as? Bool == true }

    #expect(protected.compactMap { $0["name"] as? String } == ["locked", "appending"])
    #expect(doctor.contains("'locked' refuses deletion") && doctor.contains("'appending' refuses deletion"), "\(doctor)")
    #expect(doctor.contains("'usual' lets this host delete and replace what is stored"))
    for name in ["locked", "appending"] { #expect(try deployment.akiba(["check", "--read-data", "--location", name]).status == 0) }
  }
}
