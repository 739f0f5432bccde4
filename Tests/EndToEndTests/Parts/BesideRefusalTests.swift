import Foundation
import TestSupport
import Testing

/// What `restore --beside` refuses: whatever could touch something that is there, or put something wrong beside it.
struct BesideRefusalTests {
  private func deployment() throws -> TestDeployment {
    let deployment = try TestDeployment(copying: [Corpora.folder("odd-3.5.2").appending(path: "data")])
    try deployment.backup()
    return deployment
  }

  private func arguments(_ deployment: TestDeployment, _ database: String, _ name: String, data: String? = nil) -> [String] {
    [
      "restore", "latest", "--database", database, "--beside", name, "--data", data ?? deployment.data[0].path, "--map",
      deployment.folder.path("map.json"),
    ]
  }

  /// Refused with these words and a hint, and nothing in the folder is other than it was.
  private func expectRefusal(
    _ deployment: TestDeployment, _ database: String = "odd-views", _ name: String = "views2", data: String? = nil, saying words: String
  ) throws {
    let before = try deployment.data[0].contents()
    let output = try deployment.akiba(arguments(deployment, database, name, data: data))
    #expect(output.status == 1 && output.standardError.contains(words), "\(words): \(output.standardError)")
    #expect(output.standardError.contains("hint:"), "\(output.standardError)")
    #expect(try deployment.data[0].contents() == before)
  }

  @Test(arguments: ["Medic", "_users", "a/_replicator", "a//b", "a/", "a.b", "1a", "", "a b", "ä"])
  func `a name that is none is refused`(_ name: String) throws {
    let deployment = try TestDeployment.growth()

    let output = try deployment.akiba(arguments(deployment, "medic", name))

    #expect(output.status == 64 && output.standardError.contains("is no name for a database"), "\(output.standardError)")
  }

  @Test func `combinations that mean nothing are refused`() throws {
    let deployment = try TestDeployment.growth()
    let all = arguments(deployment, "medic", "old")
    for (options, words) in [
      (Array(all.dropLast(4)), "--data FOLDER"), (all + ["--to", "/x"], "leave out --to"),
      (all + ["--database", "b"], "--database NAME, once"),
      (all + ["--part", "environment"], "leave out --part"), (["restore", "--to", "/x", "--data", "/y"], "belong to --beside"),
      (["restore", "--deployment", "--beside", "x", "--data", "/y"], "--part, --shard, --beside, --delta and --no-owner"),
    ] {
      let output = try deployment.akiba(options)
      #expect(output.status == 64 && output.standardError.contains(words), "\(options): \(output.standardError)")
    }
  }

  @Test func `a name that CouchDB knows, and a database that the snapshot does not have`() throws {
    let deployment = try deployment()

    try expectRefusal(deployment, "odd-views", "odd-part", saying: "has a database 'odd-part' already")
    try expectRefusal(deployment, "odd-views", "odd-views", saying: "has a database 'odd-views' already")
    try expectRefusal(deployment, "nothing", "views2", saying: "has no database 'nothing'")
  }

  @Test func `files of that name that are not from here`() throws {
    let deployment = try deployment()
    let shard = try deployment.data[0].shard(of: "odd-views")
    let place = shard.deletingLastPathComponent()
    let stamped = place.appending(path: shard.lastPathComponent.replacing("odd-views", with: "views2"))

    // As long as the right one, one bit off.
    try Data(contentsOf: shard).write(to: stamped)
    try stamped.flipBit(at: 5000)
    try expectRefusal(deployment, saying: "views2.")
    try FileManager.default.removeItem(at: stamped)
    // Of a database that once had the name: its indexes would be taken for those of the new one.
    for path in [
      "shards/00000000-7fffffff/views2.1700000000.couch",
      ".shards/80000000-ffffffff/views2.1700000000_design/mrview/\(String(repeating: "a", count: 32)).view",
    ] {
      let other = deployment.data[0].appending(path: path)
      try FileManager.default.createDirectory(at: other.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: other)
      try expectRefusal(deployment, saying: "'\(path)' is in")
      try FileManager.default.removeItem(at: other)
    }
    #expect(try deployment.akiba(arguments(deployment, "odd-views", "views2")).status == 0)
  }

  @Test func `a folder that is no data folder, and one whose map cannot be read`() throws {
    let deployment = try deployment()
    try expectRefusal(deployment, data: deployment.folder.path("nowhere"), saying: "does not exist")
    try expectRefusal(deployment, data: deployment.folder.path("conf"), saying: "has no shard map")
    try deployment.data[0].appending(path: "_dbs.couch").cut(to: 100)
    try expectRefusal(deployment, saying: "the shard map '_dbs.couch' in")
  }

  @Test func `a snapshot without one of the shards`() throws {
    let deployment = try deployment()
    let shard = try deployment.data[0].shard(of: "odd-views")
    let bytes = try Data(contentsOf: shard)
    try FileManager.default.removeItem(at: shard)
    #expect(try deployment.akiba(["backup", "--allow-missing"]).status == 3)
    try bytes.write(to: shard)

    try expectRefusal(deployment, saying: "lacks 1 of the 2 shards of 'odd-views', the first 00000000-7fffffff")
  }

  /// A backup does not look into documents, so a damaged one comes into the snapshot.
  @Test func `files that are not proven, unless told`() throws {
    let deployment = try TestDeployment(copying: [Corpora.folder("odd-3.5.2").appending(path: "data")])
    // In the middle of an attachment.
    try deployment.data[0].shard(of: "odd-atts").flipBit(at: 120_000)
    try deployment.backup()
    let folders = try FileManager.default.subpathsOfDirectory(atPath: deployment.data[0].path).sorted()

    try expectRefusal(deployment, "odd-atts", saying: "is not proven, and nothing was added: attachment 'big.bin'")
    #expect(try FileManager.default.subpathsOfDirectory(atPath: deployment.data[0].path).sorted() == folders)
    // What is wrong elsewhere is no matter.
    #expect(try deployment.akiba(arguments(deployment, "odd-part", "part2")).status == 0)
    let told = try deployment.akiba(arguments(deployment, "odd-atts", "views2") + ["--unproven"])
    #expect(told.status == 0 && told.text.contains("NOT PROVEN"), "\(told.standardError)")
    #expect(try deployment.data[0].filesBelow().contains { $0.contains("/views2.") })
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a disk that would be too full`() throws {
    let deployment = try deployment()
    let disk = try Mount(bytes: 5 << 20, at: deployment.folder.url.appending(path: "disk"))
    let live = disk.url.appending(path: "data")
    try Program.run("/bin/cp", ["-a", deployment.data[0].path, live.path])
    // So that the files would fit, and what has to stay free would not.
    let free = try #require(try FileManager.default.attributesOfFileSystem(forPath: live.path)[.systemFreeSize] as? Int)
    try Data(count: free - (600 << 10)).write(to: disk.url.appending(path: "filler"))

    let output = try deployment.akiba(arguments(deployment, "odd-atts", "atts2", data: live.path))

    #expect(output.status == 1 && output.standardError.contains("have to stay free"), "\(output.standardError)")
    #expect(try !live.filesBelow().contains { $0.contains("atts2") })
  }

  @Test(.enabled(if: Corpora.large.contains("cluster-3.5"), "needs ../shared/corpora"))
  func `another node's folder, and a database of more than one node`() throws {
    let cluster = try Corpora.folder("cluster-3.5").appending(path: "data")
    let nodes = cluster.entries().map { cluster.appending(path: $0) }
    let single = try deployment()
    let copy = single.folder.path("other")
    try Program.run("/bin/cp", ["-a", nodes[0].path, copy])
    try expectRefusal(single, data: copy, saying: "belongs to node '")

    let deployment = try TestDeployment(copying: nodes)
    try deployment.backup()
    let database = try #require(
      try deployment.akiba(["verify", "--data", deployment.data[0].path, "--json"]).objects()
        .compactMap { $0["type"] as? String == "database" ? $0["name"] as? String : nil }.first { !$0.hasPrefix("_") })
    try expectRefusal(deployment, database, "copy", saying: "lies on \(nodes.count) nodes")
  }
}
