import Foundation
import TestSupport
import Testing

/// A deployment backed up at several moments of its life.
struct SeriesTests {
  struct Series: CustomTestStringConvertible {
    let corpus: String
    let states: [String]

    var testDescription: String { corpus }
  }

  static let all: [Series] =
    [Series(corpus: Corpora.growth, states: ["day1", "day2", "day3"])]
    + (Corpora.large.contains("series-3.5") ? [Series(corpus: "series-3.5", states: (0...4).map { "T\($0)/data" })] : [])

  /// What a backup may read beyond the new bytes of a file: its tail, to find the newest header.
  private static let allowance = 64 << 10

  @Test(arguments: all)
  func `each snapshot restores to its own state, and growth costs what grew`(_ series: Series) throws {
    let corpus = try Corpora.folder(series.corpus)
    let states = series.states.map { corpus.appending(path: $0) }
    let deployment = try TestDeployment(copying: [states[0]])

    var before: [String: [UInt8]] = [:]
    for (number, state) in states.enumerated() {
      try Self.replace(deployment.data[0], with: state)
      let files = try ReplayedServer.files(in: state)
      let event = try deployment.backup()
      if number > 0 { try expectCost(of: event, from: before, to: files, appendedOnly: number == 1) }
      before = files
    }

    let snapshots = try deployment.snapshots()
    #expect(snapshots.count == states.count)
    for (snapshot, state) in zip(snapshots, states) { try expectSame(try deployment.restore(snapshot), as: state) }
    try deployment.expectResticFindsNoErrors()
  }

  @Test func `an unchanged deployment costs one open and one read a file`() throws {
    let deployment = try TestDeployment(copying: [Corpora.folder(Corpora.growth).appending(path: "day2")])
    try deployment.backup()

    let event = try deployment.backup()

    let files = try #require(event["files"] as? Int)
    #expect(event["files_unchanged"] as? Int == files)
    // The shard map is opened once to name the node, once to be frozen, once to be read.
    #expect(try #require(event["files_opened"] as? Int) <= files + 2)
    // A header, and of an index the block before it.
    #expect(try #require(event["bytes_read"] as? Int) < files * 4608)
  }

  @Test func `a deployment copied to another disk is read again and not stored again`() throws {
    let deployment = try TestDeployment(copying: [Corpora.folder(Corpora.growth).appending(path: "day1")])
    try deployment.backup()
    try Self.replace(deployment.data[0], with: Corpora.folder(Corpora.growth).appending(path: "day2"))
    try deployment.backup()
    let moved = deployment.folder.path("moved")
    try Program.run("/bin/cp", ["-a", deployment.data[0].path, moved])
    try FileManager.default.removeItem(at: deployment.data[0])
    try Program.run("/bin/mv", [moved, deployment.data[0].path])

    let event = try deployment.backup()

    #expect(event["files_unchanged"] as? Int == 0)
    #expect(try #require(event["bytes_read"] as? Int) >= #require(event["bytes"] as? Int))
    #expect(try #require(event["bytes_stored"] as? Int) < 100_000)
  }

  @Test func `latest is akiba's newest snapshot, whatever stock restic stores beside it`() throws {
    let deployment = try TestDeployment(copying: [Corpora.folder(Corpora.growth).appending(path: "day1")])
    let own = try #require(deployment.backup()["snapshot"] as? String)
    #expect(try deployment.restic(["backup", deployment.configuration]).status == 0)

    let restore = try deployment.akiba(["restore", "latest", "--dry-run", "--json"])

    #expect(try deployment.snapshots().count == 2)
    #expect(try restore.objects().last?["snapshot"] as? String == own)
    #expect(try deployment.akiba(["verify"]).status == 0)
  }

  @Test func `a delta restore fetches only what differs and removes what is not there`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment(copying: [corpus.appending(path: "day1")])
    try deployment.backup()
    try Self.replace(deployment.data[0], with: corpus.appending(path: "day3"))
    try deployment.backup()
    let snapshots = try deployment.snapshots()
    let target = try deployment.restore(snapshots[0])

    for (snapshot, day) in [(snapshots[1], "day3"), (snapshots[0], "day1")] {
      let output = try deployment.akiba(["restore", snapshot, "--to", target.path, "--delta", "--json"])
      #expect(output.status == 0, "\(output.standardError)")
      let event = try #require(output.objects().last)
      #expect(try #require(event["bytes_fetched"] as? Int) < #require(event["bytes"] as? Int))
      #expect(try #require(event["files_kept"] as? Int) > 0)
      #expect(try #require(event["files_removed"] as? Int) > 0)
      try expectSame(target, as: corpus.appending(path: day))
      #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
    }
  }

  // MARK: Details

  /// As CouchDB gets from one state to the next: appends in place, replaces by rename, creates, deletes.
  static func replace(_ folder: URL, with state: URL) throws {
    let old = try ReplayedServer.files(in: folder)
    let new = try ReplayedServer.files(in: state)
    for path in old.keys where new[path] == nil { try FileManager.default.removeItem(at: folder.appending(path: path)) }
    for (path, bytes) in new where old[path] != bytes {
      let url = folder.appending(path: path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      if let known = old[path], bytes.starts(with: known) {
        let handle = try FileHandle(forWritingTo: url)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(bytes[known.count...]))
        try handle.close()
      } else {
        try Data(bytes).write(to: url, options: .atomic)
      }
    }
  }

  /// Reading is bounded by what was appended or replaced; storing by the same, compressed by stock zstd.
  private func expectCost(of event: [String: Any], from before: [String: [UInt8]], to after: [String: [UInt8]], appendedOnly: Bool) throws {
    var new: [UInt8] = []
    var changed = 0
    for (path, bytes) in after where before[path] != bytes {
      let known = before[path].flatMap { bytes.starts(with: $0) ? $0.count : nil } ?? 0
      new += bytes[known...]
      changed += 1
    }
    let read = try #require(event["bytes_read"] as? Int)
    #expect(read <= new.count + changed * Self.allowance, "\(read) bytes read for \(new.count) new ones in \(changed) files")
    guard appendedOnly else { return }
    let stored = try #require(event["bytes_stored"] as? Int)
    let limit = try compressed(new) + changed * Self.allowance
    #expect(stored <= limit, "\(stored) bytes stored for \(new.count) new ones")
    #expect(event["files_grown"] as? Int == changed)
  }

  private func compressed(_ bytes: [UInt8]) throws -> Int {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: folder.url.appending(path: "new"))
    return try Program.run("/usr/bin/env", ["zstd", "-3", "--stdout", folder.path("new")]).standardOutput.count
  }

  private func expectSame(_ restored: URL, as state: URL) throws {
    let nodes = try FileManager.default.contentsOfDirectory(atPath: restored.appending(path: "couchdb").path)
    let ours = try ReplayedServer.files(in: restored.appending(path: "couchdb/\(nodes[0])/data"))
    let theirs = try ReplayedServer.files(in: state)
    #expect(Set(ours.keys) == Set(theirs.keys))
    for (path, bytes) in ours { #expect(theirs[path]?.starts(with: bytes) == true, "\(path)") }
  }
}
