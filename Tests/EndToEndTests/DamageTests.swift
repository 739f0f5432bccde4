import Foundation
import TestSupport
import Testing

/// Damage to files, big and small: each gets a finding that names the file, and nothing traps.
struct DamageTests {
  // MARK: Restored folders, against their snapshot

  /// Each position of a shard of 8350 bytes, spread over the twelve shards of a database: twelve flips a run.
  @Test
  func `a bit flipped at any byte of a restored shard is found`() throws {
    let restored = try RestoredDatabase("_users")

    for start in stride(from: 0, to: 8350, by: restored.files.count) {
      let spots = restored.files.enumerated().map { (file: $1, offset: (start + $0) % 8350) }
      try restored.expectEachIsFound(spots) { try $0.flipBit(at: $1, bit: start) }
    }
    try restored.expectClean()
  }

  /// One seeded position a run in each of a database's shards and indexes.
  @Test
  func `a bit flipped anywhere in larger shards and indexes is found`() throws {
    let restored = try RestoredDatabase("medic-users-meta")
    #expect(restored.files.contains { $0.hasSuffix(".view") })
    let seed: UInt64 = 20_260_301
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)

    for _ in 0..<50 {
      let spots = try restored.files.map { (file: $0, offset: Int.random(in: 0..<(try restored.size($0)), using: &random)) }
      let bit = Int.random(in: 0..<8, using: &random)
      try restored.expectEachIsFound(spots) { try $0.flipBit(at: $1, bit: bit) }
    }
    try restored.expectClean()
  }

  /// Every length of a shard of 8350 bytes, spread over twelve shards; one in eight runs, and both ends.
  @Test
  func `a restored shard that ends too early is found`() throws {
    let restored = try RestoredDatabase("_users")
    let starts = Array(stride(from: 0, to: 8338, by: restored.files.count * 8)) + [8338]

    for start in starts {
      let spots = restored.files.enumerated().map { (file: $1, offset: start + $0) }
      try restored.expectEachIsFound(spots) { try $0.cut(to: $1) }
    }
    try restored.expectClean()
  }

  struct RestoredDamage: CustomTestStringConvertible {
    let name: String
    let file: String
    let damage: @Sendable (URL) throws -> Void
    var testDescription: String { name }
  }

  private static let shard = "shards/00000000-7fffffff/odd-single.1795389182.couch"

  static let restoredDamages: [RestoredDamage] = [
    .init(name: "own manifest", file: "akiba/manifest.json") { file in
      // Inside a text, so that it stays JSON.
      let offset = try #require(Data(contentsOf: file).range(of: Data("akiba_version\":\"".utf8))).upperBound
      try file.flipBit(at: offset)
    },
    .init(name: "own instructions", file: "akiba/RECOVERY.md") { try $0.flipBit(at: 100) },
    .init(name: "own checksums", file: "akiba/SHA256SUMS") { try $0.flipBit(at: 10) },
    .init(name: "credentials", file: "couchdb/couchdb@127.0.0.1/local.d/docker.ini") { try $0.flipBit(at: 3) },
    .init(name: "credentials cut", file: "couchdb/couchdb@127.0.0.1/local.d/docker.ini") { try $0.cut(to: 3) },
    .init(name: "credentials gone", file: "couchdb/couchdb@127.0.0.1/local.d/docker.ini") { try FileManager.default.removeItem(at: $0) },
    .init(name: "environment", file: "cht/upgrade-service/.env") { try $0.flipBit(at: 0) },
    .init(name: "shard map", file: "couchdb/couchdb@127.0.0.1/data/_dbs.couch") { try $0.flipBit(at: 5000) },
    .init(name: "shard map gone", file: "couchdb/couchdb@127.0.0.1/data/_dbs.couch") { try FileManager.default.removeItem(at: $0) },
    .init(name: "shard map cut to nothing", file: "couchdb/couchdb@127.0.0.1/data/_dbs.couch") { try $0.cut(to: 0) },
    .init(name: "nodes gone", file: "couchdb/couchdb@127.0.0.1/data/_nodes.couch") { try FileManager.default.removeItem(at: $0) },
    .init(name: "nodes a folder", file: "couchdb/couchdb@127.0.0.1/data/_nodes.couch") {
      try FileManager.default.removeItem(at: $0)
      try FileManager.default.createDirectory(at: $0, withIntermediateDirectories: false)
    },
    .init(name: "leftover of a compaction", file: "couchdb/couchdb@127.0.0.1/data/shards/00000000-7fffffff/odd-empty.1.couch.compact.data")
    {
      try Data("x".utf8).write(to: $0)
    },
    .init(name: "a database too many", file: "couchdb/couchdb@127.0.0.1/data/shards/00000000-7fffffff/stray.1795389182.couch") {
      try FileManager.default.copyItem(at: $0.deletingLastPathComponent().appending(path: "odd-empty.1795389182.couch"), to: $0)
    },
    .init(
      name: "an index too many",
      file:
        "couchdb/couchdb@127.0.0.1/data/.shards/00000000-7fffffff/odd-empty.1795389182_design/mrview/\(String(repeating: "a", count: 32)).view"
    ) {
      try FileManager.default.createDirectory(at: $0.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data([1, 2, 3]).write(to: $0)
    },
    .init(name: "a foreign file", file: "couchdb/couchdb@127.0.0.1/data/notes.txt") { try Data("x".utf8).write(to: $0) },
  ]

  @Test(arguments: restoredDamages)
  func `damage beside the shards of a restored folder is found, too`(_ damage: RestoredDamage) throws {
    let deployment = try TestDeployment.withCredentials()
    try deployment.backup()
    let folder = try deployment.restore()
    #expect(try deployment.akiba(["verify", "--restored", folder.path]).status == 0)

    try damage.damage(folder.appending(path: damage.file))
    let alone = try deployment.akiba(["verify", "--json", "--restored", folder.path])
    let withSnapshot = try deployment.akiba(["verify", "--json", "latest", "--restored", folder.path])

    for output in [alone, withSnapshot] {
      #expect(output.status == 1, "\(output.text.suffix(300))")
      #expect(try output.filesWithFindings().contains(damage.file), "\(output.text)")
    }
  }

  // MARK: Data folders

  struct DataDamage: CustomTestStringConvertible {
    let name: String
    let kind: String
    var status: Int32 = 1
    /// Where the finding is expected, below the data folder.
    let file: String
    let damage: @Sendable (URL) throws -> Void
    var testDescription: String { name }
  }

  static let views = "shards/80000000-ffffffff/odd-views.1795389182.couch"

  static let dataDamages: [DataDamage] = [
    .init(name: "missing shard", kind: "shard-missing", file: views) { try FileManager.default.removeItem(at: $0.appending(path: views)) },
    .init(name: "no byte", kind: "header-missing", file: views) { try $0.appending(path: views).cut(to: 0) },
    .init(name: "one byte", kind: "header-missing", file: views) { try $0.appending(path: views).cut(to: 1) },
    .init(name: "no header", kind: "header-missing", file: views) {
      let file = $0.appending(path: views)
      try Data(repeating: 0, count: try file.byteCount()).write(to: file)
    },
    .init(name: "another kind of file", kind: "header-unexpected", file: views) { folder in
      let index = try #require(try folder.filesBelow().first { $0.hasSuffix(".view") })
      try Data(contentsOf: folder.appending(path: index)).write(to: folder.appending(path: views))
    },
    .init(name: "swapped ranges", kind: "document-outside-range", file: views) { folder in
      let first = folder.appending(path: views)
      let second = folder.appending(path: views.replacing("80000000-ffffffff", with: "00000000-7fffffff"))
      let bytes = try (Data(contentsOf: first), Data(contentsOf: second))
      try bytes.0.write(to: second)
      try bytes.1.write(to: first)
    },
    .init(
      name: "view ahead", kind: "view-ahead",
      file: ".shards/80000000-ffffffff/odd-views.1795389182_design/mrview/55f1f2fd27f9f406e919779eb96b9e29.view"
    ) { folder in
      // An older state of the shard: what it was at an earlier header.
      try folder.appending(path: views).cut(to: 40_000)
    },
    .init(name: "leftover of a compaction", kind: "compaction-leftover", status: 0, file: views + ".compact.data") {
      try Data("x".utf8).write(to: $0.appending(path: views + ".compact.data"))
    },
    .init(name: "leftover with a header", kind: "compaction-leftover", status: 0, file: views + ".compact") {
      try FileManager.default.copyItem(at: $0.appending(path: views), to: $0.appending(path: views + ".compact"))
    },
    .init(name: "foreign file", kind: "foreign-file", status: 0, file: "shards/notes.txt") {
      try Data("x".utf8).write(to: $0.appending(path: "shards/notes.txt"))
    },
    .init(name: "shard map cut", kind: "header-missing", file: "_dbs.couch") { try $0.appending(path: "_dbs.couch").cut(to: 100) },
    .init(name: "shard a folder", kind: "unreadable", file: views) {
      try FileManager.default.removeItem(at: $0.appending(path: views))
      try FileManager.default.createDirectory(at: $0.appending(path: views), withIntermediateDirectories: false)
    },
    .init(name: "shard a pipe", kind: "unreadable", file: views) {
      try FileManager.default.removeItem(at: $0.appending(path: views))
      guard mkfifo($0.appending(path: views).path, 0o644) == 0 else { throw POSIXError(.EIO) }
    },
    .init(name: "shard a link to nothing", kind: "shard-missing", file: views) {
      try FileManager.default.removeItem(at: $0.appending(path: views))
      try FileManager.default.createSymbolicLink(atPath: $0.appending(path: views).path, withDestinationPath: "/nowhere/at/all")
    },
  ]

  @Test(.timeLimit(.minutes(1)), arguments: dataDamages)
  func `damage to a data folder gets a finding that names the file`(_ damage: DataDamage) throws {
    let folder = try TemporaryFolder()
    let data = try folder.copy(of: "odd-3.5.2/data")

    try damage.damage(data)
    let output = try Program.run("/usr/bin/timeout", ["30", try Akiba.executable(), "verify", "--json", "--data", data.path])

    #expect(output.status == damage.status, "\(output.standardError)")
    #expect(try output.kinds(of: damage.file).contains(damage.kind), "\(output.text)")
  }

  /// One flip a run in every shard with documents; half of all flips in trees still decode, so not each is found without a snapshot.
  @Test
  func `flips in a data folder are told by kind and never laid to another file`() throws {
    let folder = try TemporaryFolder()
    let data = try folder.copy(of: "odd-3.3/data")
    let files = try data.filesBelow().filter { $0.hasPrefix("shards/") && $0.hasSuffix(".couch") }
    let quiet = try Akiba.run(["verify", "--json", "--data", data.path]).filesWithFindings()
    let seed: UInt64 = 7
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    var kinds: Set<String> = []

    for _ in 0..<40 {
      let spots = try files.map {
        (data.appending(path: $0), Int.random(in: 0..<(try data.appending(path: $0).byteCount()), using: &random))
      }
      for (file, offset) in spots { try file.flipBit(at: offset, bit: offset) }
      let output = try Program.run(
        "/bin/sh", ["-c", "\"$0\" \"$@\"; exit $?", try Akiba.executable(), "verify", "--json", "--data", data.path])
      for (file, offset) in spots { try file.flipBit(at: offset, bit: offset) }

      #expect(output.status == 1, "\(output.standardError)")
      // An index may be ahead of a shard whose newest header was hit: that is named, too.
      let strangers = try output.findings().filter { $0["kind"] as? String != "view-ahead" }.compactMap { $0["file"] as? String }
      #expect(Set(strangers).subtracting(files).subtracting(quiet).isEmpty)
      kinds.formUnion(try output.findings().compactMap { $0["kind"] as? String })
    }

    #expect(
      kinds.isSuperset(of: [
        "node-undecodable", "summary-checksum", "attachment-md5", "trailing-bytes", "reduction", "id-seq-mismatch",
      ]), "\(kinds.sorted())")
  }

  // MARK: Anything at all

  /// 36 seeded cases: flips, cuts, zeroed pages and exchanged files, in the data folder and in the repository.
  @Test(arguments: 0..<36)
  func `no damage traps, and every command ends with a documented status`(_ number: Int) throws {
    let seed = UInt64(number) &* 7919 &+ 13
    var random = SeededRandom(seed: seed)
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let trace = try [deployment.data[0], deployment.repository].map { try RandomDamage.strike($0, times: 1 + number % 4, &random) }
    let target = deployment.folder.path("target")

    // Each step's commands run at the same time.
    for step in [
      [
        ["verify", "--json", "--data", deployment.data[0].path], ["check", "--read-data"], ["snapshots"], ["verify", "latest"],
        ["restore", "latest", "--to", target], ["key", "list"],
      ], [["backup"], ["verify", "--restored", target]], [["backup", "--allow-missing"]],
    ] {
      let running = try step.map { ($0, try deployment.startShielded($0)) }
      for (arguments, program) in running {
        let output = try program.wait()
        #expect(
          output.hasDocumentedStatus,
          "seed \(seed), \(trace): \(arguments) ended with \(output.status): \(output.standardError.suffix(600))")
        #expect(output.status == 0 || !(output.standardError + output.text).isEmpty, "seed \(seed): \(arguments) says nothing")
      }
    }
  }

  /// Each kind of repository file, flipped at positions all over it: reading fails or gives the right bytes.
  @Test(arguments: ["config", "keys", "index", "snapshots", "data"])
  func `a flipped bit in a repository file is never restored as data`(_ kind: String) throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let good = try deployment.restore("latest", ["--database", "medic"])
    let names = try deployment.repository.filesBelow().filter { kind == "config" ? $0 == kind : $0.hasPrefix(kind + "/") }

    for name in names {
      let file = deployment.repository.appending(path: name)
      let size = try file.byteCount()
      for step in 0..<6 {
        let offset = step < 5 ? size * step / 5 : size - 1
        try file.flipBit(at: offset, bit: step)
        let target = deployment.folder.path("restored-\(file.lastPathComponent)-\(step)")
        let checking = try deployment.startShielded(["check", "--read-data"])
        let restore = try deployment.shieldedAkiba(["restore", "latest", "--database", "medic", "--to", target])
        let check = try checking.wait()
        try file.flipBit(at: offset, bit: step)

        #expect(restore.hasDocumentedStatus && check.hasDocumentedStatus, "\(name) at \(offset): \(restore.standardError)")
        // With a key file damaged the other key still opens the repository, for whoever has that one.
        #expect(check.status != 0 || kind == "keys", "check passes \(name) flipped at \(offset) of \(size)")
        if restore.status == 0 {
          let difference = try Program.run("/usr/bin/env", ["diff", "-r", "--exclude=.akiba-restore.json", good.path, target])
          #expect(difference.status == 0, "\(name) at \(offset): \(difference.text)")
        } else {
          #expect(restore.standardError.contains("error:"), "\(name) at \(offset)")
        }
      }
    }
  }
}

/// One database restored out of a snapshot of day 1, to be damaged and repaired many times.
private struct RestoredDatabase {
  let deployment: TestDeployment
  let folder: URL
  /// Relative to the restored folder, as findings name them.
  let files: [String]
  private let originals: [String: Data]

  init(_ database: String) throws {
    deployment = try TestDeployment.growth()
    try deployment.backup()
    folder = try deployment.restore("latest", ["--database", database])
    files = try folder.filesBelow().filter { $0.hasPrefix("couchdb/") }
    let folder = folder
    originals = try Dictionary(uniqueKeysWithValues: files.map { ($0, try Data(contentsOf: folder.appending(path: $0))) })
    try #require(files.count >= 12)
  }

  func size(_ file: String) throws -> Int { originals[file]?.count ?? 0 }

  /// Damages all spots, verifies once, repairs.
  func expectEachIsFound(_ spots: [(file: String, offset: Int)], _ damage: (URL, Int) throws -> Void) throws {
    for (file, offset) in spots { try damage(folder.appending(path: file), offset) }
    let output = try Program.run(
      "/bin/sh", ["-c", "\"$0\" \"$@\"; exit $?", try Akiba.executable(), "verify", "--json", "--restored", folder.path])
    for (file, _) in spots { try originals[file]?.write(to: folder.appending(path: file)) }

    let named = try output.filesWithFindings()
    let unnoticed = spots.filter { !named.contains($0.file) }
    #expect(output.status == 1 && unnoticed.isEmpty, "status \(output.status), unnoticed: \(unnoticed) \(output.standardError.suffix(400))")
  }

  func expectClean() throws {
    let output = try deployment.akiba(["verify", "--restored", folder.path])
    #expect(output.status == 0, "\(output.standardError)")
  }
}

/// Seeded damage to files of a folder.
private enum RandomDamage {
  /// - Returns: what was done, for the report.
  static func strike(_ folder: URL, times: Int, _ random: inout SeededRandom) throws -> String {
    var trace: [String] = []
    for _ in 0..<times {
      let files = try folder.filesBelow()
      guard let name = files.randomElement(using: &random), let other = files.randomElement(using: &random) else { break }
      let file = folder.appending(path: name)
      let size = try file.byteCount()
      let offset = Int.random(in: 0..<max(1, size), using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0...2 where size > 0:
        let bit = Int.random(in: 0..<8, using: &random)
        try file.flipBit(at: offset, bit: bit)
        trace.append("\(name): bit \(bit) of byte \(offset)")
      case 3:
        try file.cut(to: offset)
        trace.append("\(name): cut to \(offset)")
      case 4:
        var bytes = try Data(contentsOf: file)
        bytes.resetBytes(in: offset..<min(size, offset + 4096))
        try bytes.write(to: file)
        trace.append("\(name): zeros from \(offset)")
      case 5:
        try Data(contentsOf: folder.appending(path: other)).write(to: file)
        trace.append("\(name): bytes of \(other)")
      default:
        try FileManager.default.removeItem(at: file)
        trace.append("\(name): removed")
      }
    }
    return trace.joined(separator: "; ")
  }
}

extension TemporaryFolder {
  /// A copy of a folder of a corpus that may be changed.
  func copy(of path: String) throws -> URL {
    let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
    let copy = url.appending(path: "data")
    try Program.run("/bin/cp", ["-a", Corpora.folder(parts[0]).appending(path: parts[1]).path, copy.path])
    return copy
  }
}
