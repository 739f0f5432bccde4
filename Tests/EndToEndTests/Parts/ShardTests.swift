import Foundation
import TestSupport
import Testing

/// `restore --shard`: one file, and what puts it in its place.
struct ShardTests {
  private static let range = "15555555-2aaaaaa9"
  private let deployment: TestDeployment
  private let data: URL
  /// Below the data folder.
  private let shard: String

  init() throws {
    deployment = try TestDeployment.growth()
    try deployment.backup()
    data = deployment.data[0]
    shard = try data.shard(of: "medic", in: Self.range).path(below: data)
  }

  private var indexes: String { "." + shard.replacing(".couch", with: "_design") }

  @Test func `with and without its timestamp it is the one file, without indexes`() throws {
    let timestamp = try #require(shard.split(separator: ".").dropLast().last)
    for name in ["\(Self.range)/medic", "\(Self.range)/medic.\(timestamp)", shard] {
      let restored = try deployment.restore("latest", ["--shard", name])

      let files = try restored.filesBelow().filter { !$0.hasPrefix("akiba/") && $0 != ".akiba-restore.json" }
      #expect(files == ["couchdb/couchdb@127.0.0.1/data/\(shard)"], "\(name)")
      #expect(
        try Data(contentsOf: restored.appending(path: files[0])) == Data(contentsOf: data.appending(path: shard)), "\(name)")
      #expect(try deployment.akiba(["verify", "--restored", restored.path]).status == 0, "\(name)")
    }
  }

  @Test func `a shard that is none, or is not there, is refused with what is`() throws {
    let target = deployment.folder.path("x")
    func refused(_ name: String, _ words: String, status: Int32 = 1) throws {
      let output = try deployment.akiba(["restore", "latest", "--shard", name, "--to", target])
      #expect(output.status == status && output.standardError.contains(words), "\(name): \(output.standardError)")
    }
    try refused("medic", "'medic' is no shard", status: 64)
    try refused("15555555-2aaaaaa/medic", "is no shard", status: 64)
    try refused("00000000-7fffffff/medic", "no shard '00000000-7fffffff/medic'")
    try refused("00000000-7fffffff/medic", "hint: it has: 00000000-15555554/medic.")
    try refused("\(Self.range)/medic.1700000000", "no shard '\(Self.range)/medic.1700000000'")
    try refused("\(Self.range)/nothing", "hint: it has these databases: ")
    #expect(!FileManager.default.fileExists(atPath: target))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files to CouchDB"))
  func `the printed commands put it in its place while CouchDB is stopped, and keep what was there`() throws {
    let live = data.appending(path: shard)
    let whole = try Data(contentsOf: live)
    let output = try deployment.akiba([
      "restore", "latest", "--shard", "\(Self.range)/medic", "--to", deployment.folder.path("part"), "--json",
    ])
    let command = try #require(try output.steps("place-shard").first)
    // What a compaction of the damaged file left would bring its documents into the restored one.
    try live.cut(to: 5000)
    for leftover in ["data", "meta"] { try Data("x".utf8).write(to: URL(filePath: live.path + ".compact.\(leftover)")) }
    let docker = try StandInDocker(mounted: data.path)

    let placed = try docker.run(command)

    #expect(placed.status == 0, "\(placed.standardError)")
    #expect(docker.calls == ["stop 0123456789ab", "start 0123456789ab"])
    #expect(try Data(contentsOf: live) == whole)
    #expect(try FileManager.default.attributesOfItem(atPath: live.path)[.ownerAccountID] as? Int == 5984)
    #expect(try live.permissions() == 0o644)
    #expect(!FileManager.default.fileExists(atPath: data.appending(path: indexes).path))
    let beside = live.deletingLastPathComponent().entries().filter { $0.hasPrefix(live.lastPathComponent + ".") }
    #expect(beside.count == 1 && beside[0].contains(".couch.before-restore-"), "\(beside)")
    #expect(try live.deletingLastPathComponent().appending(path: beside[0]).byteCount() == 5000)
    #expect(try deployment.akiba(["verify", "--data", data.path]).status == 0)
  }

  @Test func `where CouchDB cannot be stopped, nothing is exchanged`() throws {
    let output = try deployment.akiba([
      "restore", "latest", "--shard", "\(Self.range)/medic", "--to", deployment.folder.path("part"), "--json",
    ])
    let command = try #require(try output.steps("place-shard").first)
    let before = try data.filesBelow()
    let docker = try StandInDocker(mounted: "/somewhere/else")

    #expect(try docker.run(command).status != 0)

    #expect(try data.filesBelow() == before)
    #expect(docker.calls.isEmpty)
  }
}
