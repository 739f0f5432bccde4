import Foundation
import TestSupport
import Testing

/// Whatever happens to an export or to its tree, the next one ends with a tree that proves clean.
struct ExportDamageTests {
  struct Damage: CustomTestStringConvertible {
    let name: String
    /// Whether the person is told that somebody changed the tree.
    var isSaid = true
    let make: @Sendable (URL, URL) throws -> Void
    var testDescription: String { name }
  }

  static let damages: [Damage] = [
    .init(name: "a flipped bit, times set back") { shard, _ in
      let reference = shard.path + ".reference"
      try Program.run("/usr/bin/touch", ["--reference", shard.path, reference])
      try shard.flipBit(at: 5000)
      try Program.run("/usr/bin/touch", ["--reference", reference, shard.path])
      try FileManager.default.removeItem(atPath: reference)
    },
    .init(name: "cut") { shard, _ in try shard.cut(to: 4096) },
    .init(name: "empty") { shard, _ in try shard.cut(to: 0) },
    .init(name: "bytes behind its end", isSaid: false) { shard, _ in try shard.cut(to: shard.byteCount() + 10_000) },
    .init(name: "removed") { shard, _ in try FileManager.default.removeItem(at: shard) },
    .init(name: "a link instead") { shard, _ in
      try FileManager.default.moveItem(atPath: shard.path, toPath: shard.path + ".moved")
      try FileManager.default.createSymbolicLink(atPath: shard.path, withDestinationPath: shard.path + ".moved")
    },
    .init(name: "a folder instead") { shard, _ in
      try FileManager.default.removeItem(at: shard)
      try FileManager.default.createDirectory(at: shard.appending(path: "inner"), withIntermediateDirectories: true)
    },
    .init(name: "the same bytes in another file", isSaid: false) { shard, _ in
      try Program.run("/bin/cp", [shard.path, shard.path + ".copy"])
      try Program.run("/bin/mv", [shard.path + ".copy", shard.path])
    },
    .init(name: "files that do not belong there", isSaid: false) { shard, tree in
      try Data("x".utf8).write(to: URL(filePath: shard.path + ".compact.data"))
      try Data("x".utf8).write(to: tree.appending(path: "akiba/.left\(".akiba-part")"))
      try FileManager.default.createDirectory(at: tree.appending(path: "cht/old/inner"), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: tree.appending(path: "cht/old/inner/file"))
    },
    .init(name: "no state", isSaid: false) { _, tree in
      let path = tree.appending(path: ".akiba-export.json")
      let text = try String(contentsOf: path, encoding: .utf8)
      try text.replacing(/"stamps":\{.*\}/, with: "\"stamps\":{}}").write(to: path, atomically: false, encoding: .utf8)
    },
    .init(name: "the whole tree copied and put back", isSaid: false) { _, tree in
      try Program.run("/bin/cp", ["-r", tree.path, tree.path + ".copy"])
      try FileManager.default.removeItem(at: tree)
      try Program.run("/bin/mv", [tree.path + ".copy", tree.path])
    },
  ]

  @Test(arguments: damages)
  func `what others do to the tree is noticed and put right`(_ damage: Damage) throws {
    let deployment = try TestDeployment.growth()
    try deployment.export()
    let shard = try deployment.exportedData.shard(of: "medic")
    try damage.make(shard, deployment.exported)

    let output = try deployment.akiba(["export", "--to", deployment.exported.path])

    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.standardError.contains("since the last export") == damage.isSaid, "\(output.standardError)")
    try deployment.expectProven(deployment.exported)
    #expect(try FileManager.default.attributesOfItem(atPath: shard.path)[.type] as? FileAttributeType == .typeRegular)
    #expect(!deployment.exported.appending(path: "cht").entries().contains("old"))
    #expect(try Program.run("/usr/bin/find", [deployment.exported.path, "-perm", "/077"]).text.isEmpty)
  }

  @Test func `a damaged manifest is a finding once, and the tree is written anew`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.export()
    try Data("{".utf8).write(to: deployment.exported.appending(path: "akiba/manifest.json"))

    let output = try deployment.akiba(["export", "--json", "--to", deployment.exported.path])

    #expect(output.status == 3)
    #expect(try output.finds("memory-lost", in: "akiba/manifest.json"))
    try deployment.export()
    try deployment.expectProven(deployment.exported)
  }

  @Test func `an older copy made of hard links stays as it is`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment.growth("day1")
    try deployment.export()
    let older = deployment.folder.url.appending(path: "older")
    try Program.run("/bin/cp", ["--archive", "--link", deployment.exported.path, older.path])
    try SeriesTests.replace(deployment.data[0], with: corpus.appending(path: "day2"))

    let event = try deployment.export()

    #expect(try #require(event["files_grown"] as? Int) > 0)
    try deployment.expectProven(deployment.exported)
    try deployment.expectProven(older)
  }

  @Test func `after kill -9 at 30 random moments a completing run proves clean`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let states = ["day1", "day2", "day3"].map { corpus.appending(path: $0) }
    let deployment = try TestDeployment.withFiles()
    let whole = try ContinuousClock().measure { try deployment.export() }
    var kills = RandomKills(seed: 9_010, span: whole / .seconds(1))
    let seed = kills.seed
    var incomplete = 0
    for round in 0..<30 {
      // Backwards nothing goes by itself: a restored older copy, which is said to be meant.
      try SeriesTests.replace(deployment.data[0], with: states[(round + 1) % 3])
      let run = try deployment.startAkiba(["export", "--accept", "--to", deployment.exported.path])
      kills.kill(run)
      try run.wait()
      if FileManager.default.fileExists(atPath: deployment.exported.appending(path: "akiba/INCOMPLETE").path) {
        incomplete += 1
        #expect(try deployment.akiba(["verify", "--restored", deployment.exported.path]).status == 1, "round \(round), seed \(seed)")
      }
      if round % 3 == 2 { continue }
      try deployment.export(["--accept"])
      try deployment.expectProven(deployment.exported, "round \(round), seed \(seed)")
    }
    try deployment.export(["--accept"])
    try deployment.expectProven(deployment.exported)
    #expect(kills.killed > 15 && incomplete > 3, "only \(kills.killed) killed and \(incomplete) in the middle of writing; seed \(seed)")
  }

  @Test func `an interrupt ends with 130, and the next run completes the tree`() throws {
    let deployment = try TestDeployment.large(megabytes: 64)
    let run = try deployment.startAkiba(["export", "--to", deployment.exported.path])
    let mark = deployment.exported.appending(path: "akiba/INCOMPLETE").path
    #expect(deployment.wait { FileManager.default.fileExists(atPath: mark) })
    run.signal(SIGINT)
    let output = try run.wait()

    #expect(output.status == 130 && output.standardError.contains("run the same command again"), "\(output.standardError)")
    #expect(FileManager.default.fileExists(atPath: mark))
    try deployment.export()
    try deployment.expectProven(deployment.exported)
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"), arguments: [64, 1024, 3000, 4600, 5000])
  func `a full disk is an error, and the export goes on on a larger one`(_ kilobytes: Int) throws {
    let deployment = try TestDeployment.withFiles()
    let disk = try Mount(bytes: kilobytes << 10, at: deployment.exported)

    let output = try deployment.akiba(["export", "--to", deployment.exported.path])
    #expect(output.status == 1 && output.standardError.contains("hint:"), "\(output.standardError)")
    #expect(output.standardError.lowercased().contains("space") || output.standardError.contains("free"), "\(output.standardError)")

    try Program.run("/usr/bin/env", ["mount", "-o", "remount,size=32m", disk.url.path])
    try deployment.export()
    try deployment.expectProven(deployment.exported)
  }

  @Test(.enabled(if: Mount.sharesBlocks, "needs root, loop devices and btrfs"))
  func `a file system that can share blocks has nothing copied`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let folder = try TemporaryFolder()
    let disk = try Mount(sharingBlocksAt: folder.url.appending(path: "disk"))
    let deployment = try TestDeployment.growth()
    try Program.run("/bin/cp", ["-a", deployment.data[0].path, disk.url.path + "/data"])
    try deployment.editConfiguration { $0.replacing(deployment.data[0].path, with: disk.url.path + "/data") }
    let tree = disk.url.appending(path: "export")
    func export() throws -> [String: Any] {
      let output = try deployment.akiba(["export", "--json", "--to", tree.path])
      try #require(output.status == 0, "\(output.standardError)")
      return try #require(output.objects().last)
    }

    let first = try export()
    try deployment.expectProven(tree)
    try SeriesTests.replace(disk.url.appending(path: "data"), with: corpus.appending(path: "day2"))
    let second = try export()
    try deployment.expectProven(tree)

    #expect(first["bytes_written"] as? Int == 0 && first["bytes_shared"] as? Int == first["bytes"] as? Int)
    #expect(try #require(second["bytes_written"] as? Int) > 0, "grown files are appended to")
  }
}

extension Mount {
  /// Whether a btrfs can be made and mounted here.
  static let sharesBlocks: Bool = {
    guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
    return (try? Mount(sharingBlocksAt: folder.url.appending(path: "probe"))) != nil
  }()
}
