import CouchFormat
import Deployments
import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

struct UpgradeStateTests {
  private func log(
    _ state: String?, started: Int = 1_700_000_000_000, action: String = "upgrade", from: String? = "5.0.2", to: String = "5.2.0"
  ) throws -> [UInt8] {
    var fields: [String: Any] = [
      "_id": "upgrade_log:\(started):\(to)", "_rev": "3-a", "user": "mary", "action": action, "start_date": started,
      "updated_date": started + 61_000, "to": ["namespace": "medic", "application": "medic", "version": to, "build_time": "2026"],
      "state_history": [["state": "initiated", "date": started]],
    ]
    fields["state"] = state
    if let from { fields["from"] = ["version": from] }
    return [UInt8](try JSONSerialization.data(withJSONObject: fields))
  }

  @Test(
    arguments: [
      ("initiated", true), ("staged", true), ("indexing", true), ("indexed", true), ("completing", true), ("complete", true),
      ("finalizing", true), ("aborting", true), ("finalized", false), ("aborted", false), ("errored", false), ("interrupted", false),
    ])
  func `an upgrade goes on until its last state`(_ state: String, _ inProgress: Bool) throws {
    let upgrade = UpgradeState(logs: [try log(state)], stagedDesignDocuments: [])

    #expect(upgrade.inProgress == inProgress && upgrade.state == state)
    #expect(upgrade.findings.map(\.kind) == (inProgress ? [.upgradeInProgress] : []))
  }

  @Test func `the newest log counts, with its versions and times`() throws {
    let upgrade = UpgradeState(
      logs: [
        try log("finalized", started: 1_600_000_000_000), try log("indexing", started: 1_800_000_000_000, to: "5.3.0"),
        try log("aborted", started: 1_700_000_000_000),
      ], stagedDesignDocuments: ["medic/_design/:staged:medic"])

    #expect(upgrade.fromVersion == "5.0.2" && upgrade.toVersion == "5.3.0" && upgrade.action == "upgrade")
    #expect(upgrade.started == FileTime(seconds: 1_800_000_000, nanoseconds: 0))
    #expect(
      upgrade.findings.map(\.message) == [
        "an upgrade of CHT from 5.0.2 to 5.3.0 is not finished: it is 'indexing' since 2027-01-15T08:01:01Z"
      ])
  }

  @Test func `staged design documents alone are a warning, too`() throws {
    let upgrade = UpgradeState(
      logs: [try log("interrupted")], stagedDesignDocuments: ["medic/_design/:staged:a", "_users/_design/:staged:b"])

    #expect(!upgrade.inProgress && upgrade.findings.map(\.kind) == [.upgradeInProgress])
    #expect(upgrade.findings[0].message.contains("2 design documents") && upgrade.findings[0].severity == .warning)
    #expect(UpgradeState(logs: [], stagedDesignDocuments: []).findings == [])
  }

  @Test(
    arguments: [
      #"{}"#, #"[]"#, #"{"_id":1}"#, #"{"_id":"upgrade_log:"}"#, #"{"_id":"upgrade_log:x:y","state":7,"to":"5","start_date":"soon"}"#,
      #"{"_id":"upgrade_log:99999999999999999999:1","start_date":1e300}"#, #"{"_id":"upgrade_log:1:\u001b[31m","state":"\u202e"}"#, "",
    ])
  func `documents of other shapes are survived`(_ json: String) {
    let upgrade = UpgradeState(logs: [Array(json.utf8)], stagedDesignDocuments: [])

    #expect(upgrade.findings.allSatisfy { !$0.message.contains("\u{1b}") && !$0.message.contains("\u{202e}") })
  }

  @Test func `a data folder is read without CouchDB`() throws {
    let folder = FilePath(try Corpora.folder(Corpora.growth).appending(path: "day1").path)

    let upgrade = try #require(try UpgradeState.read(dataFolder: folder))
    #expect(upgrade.state == nil && !upgrade.inProgress && upgrade.stagedDesignDocuments == [] && upgrade.findings == [])

    let databases = try LiveDatabases([folder])
    let designs = try databases.documents(of: "medic", prefix: "_design/medic").map { String(decoding: $0, as: UTF8.self) }
    #expect(designs.count > 0 && designs.allSatisfy { $0.hasPrefix(#"{"_id":"_design/medic"#) && $0.contains(#""views":{"#) })
    #expect(try databases.shards(of: "medic")?.count == 12 && databases.shards(of: "nothing") == nil)
  }

  @Test func `a folder without CHT has no upgrade, and a wrong folder is named`() throws {
    let odd = FilePath(try Corpora.folder("odd-3.3").path)

    #expect(try UpgradeState.read(dataFolder: odd.appending("data")) == nil)
    let error = #expect(throws: DataFolderError.self) { try UpgradeState.read(dataFolder: odd) }
    #expect(error?.hints.first?.contains("data") == true)
  }
}
