import Foundation
import TestSupport
import Testing

/// kill -9 at any moment of `restore --beside`.
@Suite(.serialized)
struct BesideKillTests {
  @Test func `what a killed run leaves is whole or goes by no name, and the next run completes it`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let data = deployment.data[0]
    let before = try data.contents()
    let own = before.filter { $0.key.contains("/medic.") }
    let arguments = [
      "restore", "latest", "--database", "medic", "--beside", "medic-old", "--data", data.path, "--map", deployment.folder.path("map.json"),
    ]
    let start = Date()
    #expect(try deployment.akiba(arguments).status == 0)
    var kills = RandomKills(seed: 4_032, span: Date().timeIntervalSince(start))
    var halfway = 0

    for round in 0..<60 {
      // Every few rounds from the start again; between them a run goes on with what several killed ones left.
      if round % 4 == 0 { try clear(data, of: "medic-old") }
      let run = try deployment.startAkiba(arguments)
      kills.kill(run)
      _ = try run.wait()

      let after = try data.contents()
      #expect(after.filter { before[$0.key] != nil } == before, "round \(round), seed \(kills.seed)")
      let added = after.filter { before[$0.key] == nil && !$0.key.hasSuffix(".akiba-part") }
      for (path, bytes) in added {
        #expect(bytes == own[path.replacing("/medic-old.", with: "/medic.")], "\(path), round \(round), seed \(kills.seed)")
      }
      if !added.isEmpty, added.count < own.count { halfway += 1 }
      if round % 4 == 3 {
        let output = try deployment.akiba(arguments)
        #expect(output.status == 0, "round \(round), seed \(kills.seed): \(output.standardError)")
        #expect(try data.contents().count == before.count + own.count)
      }
    }

    #expect(kills.killed > 20, "only \(kills.killed) runs were killed")
    #expect(try deployment.listsNoUnfinishedFile(below: data))
  }

  @Test func `what a run for another snapshot left unfinished is taken away`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let data = deployment.data[0]
    let shards = try data.shard(of: "medic").deletingLastPathComponent()
    let stray = shards.appending(path: ".medic-old.1700000000.couch.akiba-part")
    let foreign = shards.appending(path: ".medic-other.1700000000.couch.akiba-part")
    for url in [stray, foreign] { try Data("half".utf8).write(to: url) }

    let output = try deployment.akiba(
      [
        "restore", "latest", "--database", "medic", "--beside", "medic-old", "--data", data.path, "--map",
        deployment.folder.path("map.json"),
      ])

    #expect(output.status == 0, "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: stray.path) && FileManager.default.fileExists(atPath: foreign.path))
  }

  @Test func `a temporary name left beside a file that is in place is taken away`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let data = deployment.data[0]
    let arguments = [
      "restore", "latest", "--database", "medic", "--beside", "medic-old", "--data", data.path, "--map", deployment.folder.path("map.json"),
    ]
    try #require(try deployment.akiba(arguments).status == 0)
    let added = try data.shard(of: "medic-old")
    // As a kill between link and unlink leaves it.
    let part = added.deletingLastPathComponent().appending(path: ".\(added.lastPathComponent).akiba-part")
    try FileManager.default.linkItem(at: added, to: part)

    let output = try deployment.akiba(arguments)

    #expect(output.status == 0, "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: part.path) && FileManager.default.fileExists(atPath: added.path))
  }

  private func clear(_ data: URL, of name: String) throws {
    for path in try data.filesBelow() where path.contains("/\(name).") || path.contains("/.\(name).") {
      try FileManager.default.removeItem(at: data.appending(path: path))
    }
  }
}
