import Foundation
import TestSupport
import Testing

/// `restore --beside`: a database of a snapshot under another name, in the data folder of a CouchDB that runs.
struct BesideTests {
  private let deployment: TestDeployment
  private let data: URL

  init() throws {
    deployment = try TestDeployment(copying: [Corpora.folder("odd-3.5.2").appending(path: "data")])
    try deployment.backup()
    data = deployment.data[0]
  }

  private var map: String { deployment.folder.path("map.json") }

  private func beside(_ database: String, _ name: String, _ options: [String] = []) throws -> Program.Output {
    try deployment.akiba(
      ["restore", "latest", "--database", database, "--beside", name, "--data", data.path, "--map", map, "--json"] + options)
  }

  @Test(arguments: [("odd-views", "views2"), ("odd/slash", "odd/copy"), ("odd-part", "part-of_$()+-old"), ("_users", "users-old")])
  func `its files are those of the database under the new name, and nothing else changes`(_ database: String, _ name: String) throws {
    let before = try data.contents()
    let own = before.filter { $0.key.contains("/\(database).") }
    try #require(own.count >= 2)

    let output = try beside(database, name)

    #expect(output.status == 0, "\(output.standardError)")
    let after = try data.contents()
    #expect(after.filter { before[$0.key] != nil } == before)
    let added = after.filter { before[$0.key] == nil }
    #expect(added == Dictionary(uniqueKeysWithValues: own.map { ($0.key.replacing("/\(database).", with: "/\(name)."), $0.value) }))
    let event = try #require(try output.objects().first { $0["type"] as? String == "beside" })
    #expect(event["proven"] as? Bool == true && event["files_written"] as? Int == own.count)
    let proof = try deployment.akiba(["verify", "--data", data.path, "--json"])
    let kinds = Set(try proof.findings().compactMap { $0["kind"] as? String })
    #expect(proof.status == 0 && kinds == ["shard-orphan"], "\(kinds)")
  }

  @Test func `the document is the snapshot's map under the new id, without a revision`() throws {
    #expect(try beside("odd-part", "part2").status == 0)

    let document = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: map))) as? [String: Any])
    #expect(document["_id"] as? String == "part2" && document["_rev"] == nil)
    #expect(document["by_node"] as? [String: [String]] == ["couchdb@127.0.0.1": ["00000000-7fffffff", "80000000-ffffffff"]])
    #expect(
      document["by_range"] as? [String: [String]] == [
        "00000000-7fffffff": ["couchdb@127.0.0.1"], "80000000-ffffffff": ["couchdb@127.0.0.1"],
      ])
    let suffix = try #require(document["shard_suffix"] as? [UInt8])
    let shard = try data.shard(of: "part2")
    #expect(shard.lastPathComponent == "part2\(String(decoding: suffix, as: UTF8.self)).couch")
    #expect((document["changelog"] as? [[String]])?.first == ["add", "00000000-7fffffff", "couchdb@127.0.0.1"])
    #expect((document["props"] as? [String: Any])?["partitioned"] as? Bool == true)
    #expect(try URL(filePath: map).permissions() == 0o600)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files to CouchDB"))
  func `what is added belongs to whom its neighbours belong, and looks like them`() throws {
    try Program.run("/bin/chown", ["-R", "5984:5984", data.path])
    try Program.run("/usr/bin/find", [data.path, "-type", "f", "-exec", "chmod", "0644", "{}", "+"])
    try Program.run("/usr/bin/find", [data.path, "-type", "d", "-exec", "chmod", "0755", "{}", "+"])

    let output = try Program.run(
      "/bin/sh",
      ["-c", "umask 077; exec \"$0\" \"$@\"", try Akiba.executable()]
        + ["restore", "latest", "--database", "odd-views", "--beside", "deep/views2", "--data", data.path, "--map", map],
      environment: ["AKIBA_CONFIG": deployment.configuration])

    #expect(output.status == 0, "\(output.standardError)")
    let different = try Program.run(
      "/usr/bin/find",
      [data.path, "(", "!", "-user", "5984", "-o", "!", "-group", "5984", "-o", "-type", "f", "!", "-perm", "0644", "-o"]
        + ["-type", "d", "!", "-perm", "0755", ")"])
    #expect(different.text == "")
    #expect(try data.filesBelow().contains { $0.contains("deep/views2.") })
  }

  @Test func `the printed commands reach CouchDB with the password on no command line`() throws {
    let output = try beside("odd/slash", "odd/copy")
    let docker = try StandInDocker(mounted: data.path)

    let put = try docker.run(try #require(try output.steps("add-database").first))

    #expect(put.status == 0, "\(put.standardError)")
    #expect(docker.arguments.last == "http://127.0.0.1:5984/_node/_local/_dbs/odd%2Fcopy")
    #expect(docker.arguments.contains("PUT") && docker.arguments.contains("Content-Type: application/json"))
    #expect(try Data(docker.body.utf8) == Data(contentsOf: URL(filePath: map)))
    let credentials = Data("medic:\(StandInDocker.password)".utf8).base64EncodedString()
    #expect(docker.curlConfiguration == "header = \"Authorization: Basic \(credentials)\"\n")
    #expect(!docker.arguments.contains { $0.contains(credentials) || $0.contains(StandInDocker.password) })

    #expect(try docker.run(try #require(try output.steps("compare").first)).status == 0)
    #expect(docker.arguments.last == "http://127.0.0.1:5984/odd%2Fcopy" && docker.arguments.contains("GET"))
    #expect(try docker.run(try #require(try output.steps("remove").first)).status == 0)
    #expect(docker.arguments.last == "http://127.0.0.1:5984/odd%2Fcopy" && docker.arguments.contains("DELETE"))
  }

  @Test func `the commands that remove it leave the folder as it was`() throws {
    let before = try data.contents()
    let output = try beside("odd-views", "views2")

    for command in try output.steps("remove").dropFirst() { #expect(try Program.run("/bin/sh", ["-c", command]).status == 0) }

    #expect(try data.contents() == before)
    #expect(try data.filesBelow().count == before.count)
  }

  @Test func `a second run finds all there and says the same`() throws {
    let first = try beside("odd-views", "views2")
    let before = try data.contents()

    let second = try beside("odd-views", "views2")

    #expect(second.status == 0, "\(second.standardError)")
    #expect(try data.contents() == before)
    #expect(try second.steps("add-database") == first.steps("add-database"))
    let event = try #require(try second.objects().first { $0["type"] as? String == "beside" })
    #expect(event["files_written"] as? Int == 0 && event["bytes_fetched"] as? Int == 0)
  }

  @Test func `a dry run names the files and writes none`() throws {
    let before = try data.contents()

    let output = try beside("odd-views", "views2", ["--dry-run"])

    let items = try output.objects().filter { $0["type"] as? String == "item" }.compactMap { $0["path"] as? String }
    #expect(output.status == 0 && items.count == before.keys.count { $0.contains("/odd-views.") })
    #expect(items.allSatisfy { $0.contains("/views2.") })
    #expect(try data.contents() == before && !FileManager.default.fileExists(atPath: map))
  }
}

extension URL {
  /// The bytes of all files below a folder.
  func contents() throws -> [String: Data] {
    Dictionary(uniqueKeysWithValues: try filesBelow().map { ($0, try Data(contentsOf: appending(path: $0))) })
  }
}
