import Foundation
import TestSupport
import Testing

/// An export is the tree of a snapshot, and costs what changed.
struct ExportTests {
  static let subjects = CorpusRoundTripTests.subjects.filter { (Corpora.bundled + [Corpora.growth]).contains($0.corpus) }

  @Test(arguments: subjects)
  func `an export and an archive prove clean and are what a restored snapshot is, in every answer`(_ subject: CorpusRoundTripTests.Subject)
    throws
  {
    let corpus = try Corpora.folder(subject.corpus)
    let deployment = try TestDeployment(copying: subject.folders.map { corpus.appending(path: $0) })
    try deployment.backup()
    let restored = try deployment.restore()

    try deployment.export()
    let unpacked = try deployment.unpackedArchive()

    let expected = try answers(of: restored, deployment)
    #expect(!expected.isEmpty)
    for tree in [deployment.exported, unpacked] {
      try deployment.expectProven(tree)
      #expect(try answers(of: tree, deployment) == expected)
      let difference = try Program.run(
        "/usr/bin/env", ["diff", "--recursive", "--exclude=akiba", "--exclude=.akiba-*", restored.path, tree.path])
      #expect(difference.status == 0, "\(difference.text)")
      let sums = try Program.run("/usr/bin/env", ["sha256sum", "--quiet", "--check", "SHA256SUMS"], in: tree.appending(path: "akiba").path)
      #expect(sums.status == 0, "\(sums.standardError)")
    }
  }

  private func answers(of tree: URL, _ deployment: TestDeployment) throws -> [String] {
    let output = try deployment.akiba(["verify", "--restored", tree.path, "--answers", "--json"])
    return output.text.split(separator: "\n").filter { $0.contains("\"type\":\"answers\"") }.map(String.init)
  }

  @Test func `captured files are in it, only the owner can read it, and RECOVERY.md tells how to prove it`() throws {
    let deployment = try TestDeployment.withFiles()
    try FileManager.default.createDirectory(
      at: deployment.exported, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])

    let event = try deployment.export()

    try deployment.expectProven(deployment.exported)
    let paths = try deployment.exported.filesBelow()
    for path in [
      "cht/upgrade-service/.env", "cht/extra\(deployment.outside.path)/extra/key.pem", "couchdb/couchdb@127.0.0.1/local.d/docker.ini",
    ] { #expect(paths.contains(path)) }
    #expect(paths.contains { $0.hasSuffix(String(repeating: "n", count: 250)) })
    #expect(event["files"] as? Int == paths.count - 4, "export's own four files are in no manifest")
    let link = "\(deployment.exported.path)/cht/extra\(deployment.outside.path)/extra/link"
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/nowhere")
    let open = try Program.run("/usr/bin/find", [deployment.exported.path, "-not", "-type", "l", "-perm", "/077"])
    #expect(open.text.isEmpty)
    let text = try String(contentsOf: deployment.exported.appending(path: "akiba/RECOVERY.md"), encoding: .utf8)
    #expect(text.contains("akiba verify --restored /srv/restored") && !text.contains("restic"))
  }

  @Test func `each export writes what grew, was compacted or is new, and removes what is gone`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment(copying: [corpus.appending(path: "day1")])
    try deployment.export()
    var removed = 0
    for day in ["day2", "day3"] {
      let before = try TreeStamps(of: deployment.exported).files
      try SeriesTests.replace(deployment.data[0], with: corpus.appending(path: day))

      let event = try deployment.export()

      try deployment.expectProven(deployment.exported, day)
      let after = try TreeStamps(of: deployment.exported).files
      var written = 0
      for (path, stamp) in after where before[path] != stamp {
        let isGrown = before[path]?.inode == stamp.inode
        written += stamp.size - (isGrown ? before[path]?.size ?? 0 : 0)
        #expect(isGrown ? stamp.size > before[path]?.size ?? 0 : true, "\(path)")
      }
      #expect(event["bytes_written"] as? Int == written && written > 0)
      #expect(event["files_written"] as? Int == after.count { before[$0.key] != $0.value })
      removed += before.keys.count { after[$0] == nil }
      #expect(event["files_removed"] as? Int == before.keys.count { after[$0] == nil })
      let read = try #require(event["bytes_read"] as? Int)
      #expect(read < written + after.count * 5000 + after.count { before[$0.key] != $0.value } * (64 << 10), "\(day): \(read) read")
      #expect(
        try ReplayedServer.files(in: deployment.exportedData).keys.sorted()
          == ReplayedServer.files(in: corpus.appending(path: day)).keys.sorted())
    }
    #expect(removed > 0, "the series deletes something")
  }

  @Test func `an unchanged deployment leaves every file untouched and reads a header each`() throws {
    let deployment = try TestDeployment.withFiles("day2")
    try deployment.export()
    let before = try TreeStamps(of: deployment.exported).files

    let event = try deployment.export()

    #expect(try TreeStamps(of: deployment.exported).files == before)
    for field in ["files_written", "files_removed", "bytes_written", "files_grown", "files_new"] {
      #expect(event[field] as? Int == 0, "\(field)")
    }
    #expect(try #require(event["bytes_read"] as? Int) < before.count * 4608 + 3_100_000, "captured files are read whole")
    try deployment.expectProven(deployment.exported)
  }

  @Test func `captured files that changed are written, and those around them are not`() throws {
    let deployment = try TestDeployment.withFiles()
    try deployment.export()
    let before = try TreeStamps(of: deployment.exported).files
    let extra = deployment.outside.appending(path: "extra")
    try Data((PlantedSecrets.env + "X=1\n").utf8).write(to: deployment.outside.appending(path: "upgrade/.env"))
    try FileManager.default.removeItem(at: extra.appending(path: "key.pem"))
    try FileManager.default.createDirectory(at: extra.appending(path: "key.pem"), withIntermediateDirectories: false)
    try Data("x".utf8).write(to: extra.appending(path: "key.pem/inner"))
    try FileManager.default.removeItem(atPath: extra.path + "/link")
    try Data("y".utf8).write(to: extra.appending(path: "link"))

    try deployment.export()

    try deployment.expectProven(deployment.exported)
    let after = try TreeStamps(of: deployment.exported).files
    let place = "cht/extra\(extra.path)"
    let changed = Set(after.keys.filter { before[$0] != after[$0] })
    #expect(changed == ["cht/upgrade-service/.env", "\(place)/key.pem/inner", "\(place)/link"])
    #expect(after["\(place)/key.pem"] == nil)
    let attributes = try FileManager.default.attributesOfItem(atPath: deployment.exported.path + "/\(place)/link")
    #expect(attributes[.type] as? FileAttributeType == .typeRegular)
  }

  @Test func `20 exports of a busy server all prove clean and are states the files really had`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let states = ["day1", "day2", "day3"].map { corpus.appending(path: $0) }
    let deployment = try TestDeployment(copying: [states[0]])
    try FileManager.default.removeItem(at: deployment.data[0])
    let server = try ReplayedServer(copying: states, to: deployment.data[0])
    server.start(seed: 20_265, pause: 25_000, rounds: 20)
    var distinct: Set<[String: Int]> = []
    for number in 1...20 {
      try deployment.export()
      try deployment.expectProven(deployment.exported, "export \(number)")
      let files = try ReplayedServer.files(in: deployment.exportedData)
      for (path, bytes) in files { #expect(server.wasOnce(bytes, at: path), "\(path) in export \(number)") }
      distinct.insert(files.mapValues(\.count))
      server.endRound()
    }
    try server.stop()
    #expect(distinct.count > 7, "the server moved on: only \(distinct.count) states")
  }
}
