import Foundation
import TestSupport
import Testing

/// What an export refuses, with what to do instead.
struct ExportRefusalTests {
  private func refused(_ deployment: TestDeployment, _ target: String, _ words: String..., status: Int32 = 1) throws {
    let output = try deployment.shieldedAkiba(["export", "--to", target])
    #expect(output.status == status, "\(target): \(output.standardError)")
    #expect(output.standardError.hasPrefix("error: ") && output.standardError.contains("\nhint: "), "\(output.standardError)")
    for word in words { #expect(output.standardError.contains(word), "\(output.standardError)") }
  }

  @Test func `a folder that is not its own is refused and left as it is`() throws {
    let deployment = try TestDeployment.withFiles()
    let data = deployment.data[0].path
    let full = deployment.folder.url.appending(path: "full")
    try FileManager.default.createDirectory(at: full, withIntermediateDirectories: false)
    try Data("x".utf8).write(to: full.appending(path: "notes.txt"))
    try FileManager.default.createSymbolicLink(atPath: deployment.folder.path("link"), withDestinationPath: data)
    let before = try ReplayedServer.files(in: deployment.data[0])

    try refused(deployment, full.path, "not empty and not an export")
    try refused(deployment, data, "is CouchDB's data folder")
    try refused(deployment, data + "/shards/export", "lies in CouchDB's data folder")
    try refused(deployment, deployment.folder.path("link/export"), "lies in CouchDB's data folder")
    try refused(deployment, deployment.folder.path, "contains CouchDB's data folder")
    try refused(deployment, deployment.folder.path("outside/upgrade/export"), "exported itself")
    try refused(deployment, deployment.repositories[0] + "/export", "location 'first'")
    try refused(deployment, full.path + "/notes.txt", "not a folder")

    #expect(try full.filesBelow() == ["notes.txt"])
    #expect(try ReplayedServer.files(in: deployment.data[0]) == before)
    #expect(!FileManager.default.fileExists(atPath: data + "/shards/export"))
  }

  @Test func `the tree of another deployment or host, and one that is being written, are refused`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.export()
    let state = deployment.exported.appending(path: ".akiba-export.json")
    let text = try String(contentsOf: state, encoding: .utf8)
    func edit(_ pattern: String, _ replacement: String) throws {
      try #require(text.contains(pattern))
      try text.replacing(pattern, with: replacement).write(to: state, atomically: false, encoding: .utf8)
    }

    try edit("\"deployment\":\"cht\"", "\"deployment\":\"other\"")
    try refused(deployment, deployment.exported.path, "another deployment, 'other'")
    let host = try #require(text.firstMatch(of: /"host":"([^"]*)"/)?.1)
    try edit("\"host\":\"\(host)\"", "\"host\":\"elsewhere\"")
    try refused(deployment, deployment.exported.path, "'elsewhere'", "--accept")
    try deployment.export(["--accept"])

    let holder = try Program.start("/usr/bin/flock", [deployment.exported.path, "sleep", "60"])
    defer { holder.signal(SIGTERM) }
    let isHeld = deployment.wait { (try? deployment.shieldedAkiba(["export", "--to", deployment.exported.path]).status) == 11 }
    #expect(isHeld)
    try refused(deployment, deployment.exported.path, "another export", status: 11)
  }

  @Test func `a missing shard refuses, and with --allow-missing the tree is marked`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.export()
    let before = try TreeStamps(of: deployment.exported).files
    let shard = try deployment.data[0].shard(of: "medic")
    let hidden = deployment.folder.path("hidden")
    try FileManager.default.moveItem(atPath: shard.path, toPath: hidden)

    try refused(deployment, deployment.exported.path, shard.lastPathComponent, "akiba export --allow-missing")
    #expect(try TreeStamps(of: deployment.exported).files == before)
    try deployment.expectProven(deployment.exported)
    let archive = try deployment.akiba(["export", "--tar"])
    #expect(archive.status == 1 && archive.standardOutput.isEmpty)

    let event = try deployment.export(["--allow-missing"], status: 3)
    #expect(event["trusted"] as? Bool == false)
    // What came back empty is still held against what was there before.
    try Data().write(to: shard)
    try refused(deployment, deployment.exported.path, shard.lastPathComponent)
    try FileManager.default.removeItem(at: shard)
    try FileManager.default.moveItem(atPath: hidden, toPath: shard.path)
    try deployment.export()
    try deployment.expectProven(deployment.exported)
  }

  @Test func `a database that went back does not replace the tree until that is accepted`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment.growth("day2")
    try deployment.export()
    let before = try TreeStamps(of: deployment.exported).files
    let shard = try deployment.data[0].shard(of: "medic")
    let older = corpus.appending(path: "day1/\(shard.path(below: deployment.data[0]))")
    try FileManager.default.removeItem(at: shard)
    try FileManager.default.copyItem(at: older, to: shard)

    for _ in 0..<2 { try refused(deployment, deployment.exported.path, "went back", "--accept", "is left as it is") }
    #expect(try TreeStamps(of: deployment.exported).files == before)
    try deployment.expectProven(deployment.exported)

    let event = try deployment.export(["--accept"])
    #expect(event["trusted"] as? Bool == true)
    try deployment.export()
    #expect(try Data(contentsOf: deployment.exportedData.shard(of: "medic")).count <= older.byteCount())
  }
}
