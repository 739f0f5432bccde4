import Foundation
import TestSupport
import Testing

/// What a backup says of a data folder that is damaged.
struct DamagedSourceTests {
  @Test
  func `a missing shard fails the backup and leaves no snapshot, unless it is allowed`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let shard = try deployment.data[0].shard(of: "medic")
    try FileManager.default.removeItem(at: shard)

    let refused = try deployment.akiba(["backup"])
    #expect(refused.status == 1)
    #expect(refused.standardError.contains(shard.path(below: deployment.data[0])), "\(refused.standardError)")
    #expect(refused.standardError.contains("hint:") && refused.standardError.contains("--allow-missing"))
    #expect(try deployment.snapshots().count == 1)
    #expect(deployment.locks().isEmpty)

    let event = try deployment.backup(["--allow-missing"], status: 3)
    #expect(event["trusted"] as? Bool == false)
    try deployment.expectMarked(event)
    try deployment.expectResticFindsNoErrors()
  }

  struct BackupDamage: CustomTestStringConvertible {
    let name: String
    let kind: String
    let damage: @Sendable (_ data: URL, _ corpus: URL) throws -> String
    var testDescription: String { name }
  }

  static let setbacks: [BackupDamage] = [
    .init(name: "went back", kind: "shard-went-back") { data, corpus in
      let shard = try data.shard(of: "medic")
      let older = try Corpora.folder(Corpora.growth).appending(path: "day1/\(shard.path(below: data))")
      try Data(contentsOf: older).write(to: shard)
      return shard.path(below: data)
    },
    .init(name: "became empty", kind: "shard-became-empty") { data, _ in
      let shard = try data.shard(of: "medic")
      let empty = try data.shard(of: "_replicator")
      try Data(contentsOf: empty).write(to: shard)
      return shard.path(below: data)
    },
  ]

  @Test(arguments: setbacks)
  func `a shard that lost something is stored, marked, and the mark can be taken off`(_ damage: BackupDamage) throws {
    let deployment = try TestDeployment.growth("day3")
    try deployment.backup()
    let file = try damage.damage(deployment.data[0], try Corpora.folder(Corpora.growth))

    let output = try deployment.akiba(["backup", "--json"])

    #expect(output.status == 3, "\(output.standardError)")
    #expect(try output.finds(damage.kind, in: file))
    let event = try #require(try output.objects().last { $0["type"] as? String == "backup" })
    try deployment.expectMarked(event)
    let accepted = try deployment.akiba(["snapshots", "--accept", try #require(event["snapshot"] as? String)])
    #expect(accepted.status == 0, "\(accepted.standardError)")
    #expect(try !deployment.akiba(["snapshots"]).text.contains("MARKED"))
    #expect(try deployment.snapshots().count == 2)
    #expect(try deployment.akiba(["verify", "latest"]).status == 0)
    try deployment.expectResticFindsNoErrors()
  }

  /// Without this the loss would be news for one night, and every later backup would look sound.
  @Test(arguments: setbacks)
  func `a loss stays marked at every later backup until somebody accepts it`(_ damage: BackupDamage) throws {
    let deployment = try TestDeployment.growth("day3")
    try deployment.backup()
    _ = try damage.damage(deployment.data[0], try Corpora.folder(Corpora.growth))
    let first = try deployment.backup(status: 3)

    let second = try deployment.akiba(["backup", "--json"])
    #expect(second.status == 3, "\(second.text)")
    try deployment.expectMarked(try #require(try second.objects().last { $0["type"] as? String == "backup" }))

    for event in try [first, #require(second.objects().last { $0["type"] as? String == "backup" })] {
      let id = try #require(event["snapshot"] as? String)
      #expect(try deployment.akiba(["snapshots", "--accept", id]).status == 0)
    }
    #expect(try deployment.akiba(["backup"]).status == 0)
  }

  /// What an older CouchDB or a lost first block does: a valid map of nothing beside 120 shards.
  @Test(arguments: [false, true])
  func `a shard map that lost all its databases is no sound backup`(_ isFirst: Bool) throws {
    let deployment = try TestDeployment.growth()
    if !isFirst { try deployment.backup() }
    try deployment.data[0].appending(path: "_dbs.couch").cut(to: 4096)

    let output = try deployment.akiba(["backup", "--json"])

    #expect([1, 3].contains(output.status), "status \(output.status)")
    #expect(try output.findings().contains { ($0["file"] as? String)?.hasSuffix("_dbs.couch") == true } || output.status == 1)
  }

  struct HeadlessFile: CustomTestStringConvertible {
    let size: Int
    var testDescription: String { "\(size) bytes" }
  }

  @Test(arguments: [0, 1, 100, 4095, 4096].map(HeadlessFile.init))
  func `a shard without a header counts as missing`(_ headless: HeadlessFile) throws {
    let deployment = try TestDeployment.growth()
    let shard = try deployment.data[0].shard(of: "medic-logs")
    try shard.cut(to: headless.size)

    let refused = try deployment.akiba(["backup"])
    #expect(refused.status == 1, "\(refused.standardError)")
    #expect(refused.standardError.contains(shard.path(below: deployment.data[0])))
    #expect(refused.standardError.contains("hint:"))
    #expect(try deployment.snapshots().isEmpty)
    let allowed = try deployment.akiba(["backup", "--json", "--allow-missing"])
    #expect(allowed.status == 3)
    #expect(try allowed.finds("header-missing", in: shard.path(below: deployment.data[0])))
    let times = try allowed.findings().count { ($0["file"] as? String)?.hasSuffix(shard.path(below: deployment.data[0])) == true }
    #expect(times == 1, "one damage, told \(times) times")
    #expect(!refused.standardError.contains("more)"), "\(refused.standardError)")
  }

  @Test(arguments: [0, 1, 100, nil] as [Int?])
  func `without a shard map there is no backup`(_ size: Int?) throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let map = deployment.data[0].appending(path: "_dbs.couch")
    if let size { try map.cut(to: size) } else { try FileManager.default.removeItem(at: map) }

    for arguments in [["backup"], ["backup", "--allow-missing"]] {
      let output = try deployment.akiba(arguments)
      #expect(output.status == 1)
      #expect(output.standardError.contains("_dbs.couch") && output.standardError.contains("hint:"), "\(output.standardError)")
    }
    #expect(try deployment.snapshots().count == 1)
    #expect(deployment.locks().isEmpty)
  }

  @Test
  func `an index ahead of its shard is left out and named`() throws {
    let deployment = try TestDeployment(copying: [Corpora.folder("odd-3.5.2").appending(path: "data")])
    try deployment.data[0].appending(path: DamageTests.views).cut(to: 40_000)

    let output = try deployment.akiba(["backup", "--json"])

    let ahead = try output.findings().filter { $0["kind"] as? String == "view-ahead" }.compactMap { $0["file"] as? String }
    #expect(!ahead.isEmpty, "\(output.text)")
    #expect(output.status == 0, "the shard of a first backup cannot have gone back")
    #expect(Set(try deployment.storedPaths()).isDisjoint(with: ahead))
    #expect(try deployment.akiba(["verify", "latest"]).status == 0)
  }

  @Test
  func `leftovers of compactions and deletions are in no snapshot, and foreign files are named`() throws {
    let deployment = try TestDeployment.growth()
    let data = deployment.data[0]
    let shard = try data.shard(of: "medic")
    let index = try #require(try data.filesBelow().first { $0.hasSuffix(".view") })
    let leftovers =
      [".compact", ".compact.data", ".compact.meta"].map { shard.path(below: data) + $0 }
      + [index.replacing(".view", with: ".compact.view"), ".delete/0123456789abcdef", "_dbs.couch.compact.data"]
    for path in leftovers + ["notes.txt", "shards/.swp"] {
      let file = data.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: shard, to: file)
    }

    let output = try deployment.akiba(["backup", "--json"])

    #expect(output.status == 0, "\(output.standardError)")
    let stored = try deployment.storedPaths()
    for path in leftovers + ["notes.txt", "shards/.swp"] { #expect(!stored.contains { $0.hasSuffix(path) }, "\(path)") }
    for path in ["notes.txt", "shards/.swp"] { #expect(try output.finds("foreign-file", in: path)) }
    let listing = try deployment.restic(["ls", "latest"]).text
    #expect(!listing.contains(".compact") && !listing.contains(".delete/"))
  }
}
