import Foundation
import TestSupport
import Testing

/// kill -9 at any moment of a backup loses nothing that was there.
@Suite(.serialized)
struct KillTests {
  @Test func `after kill -9 at 200 random moments every snapshot restores and proves`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let states = ["day1", "day2", "day3"].map { corpus.appending(path: $0) }
    let deployment = try TestDeployment(copying: [states[0]])
    var kills = RandomKills(seed: 9_009, span: try duration(of: deployment))

    for round in 0..<200 {
      // Something new each time, so that there is something to lose: a file of another day, or the first day again.
      try grow(deployment.data[0], through: states, round: round)
      let run = try deployment.startAkiba(["backup"])
      kills.kill(run)
      _ = try run.wait()
      if round % 20 == 19 { try deployment.backup(status: 0) }
    }

    #expect(kills.killed > 100, "only \(kills.killed) of 200 runs were killed before their end; seed \(kills.seed)")
    try deployment.backup()
    try deployment.expectResticFindsNoErrors()
    let snapshots = try deployment.snapshots()
    #expect(snapshots.count >= 11)
    let target = deployment.folder.url.appending(path: "restored")
    for (number, snapshot) in snapshots.enumerated() {
      let restore = try deployment.akiba(["restore", snapshot, "--to", target.path] + (number > 0 ? ["--delta"] : []))
      #expect(restore.status == 0, "\(restore.standardError)")
      #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
    }
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
  }

  private func duration(of deployment: TestDeployment) throws -> Double {
    let start = Date()
    try deployment.backup()
    return Date().timeIntervalSince(start)
  }

  /// Appends a real piece to one file that is still growing, until all are of the last day.
  private func grow(_ folder: URL, through states: [URL], round: Int) throws {
    for newer in states.dropFirst() {
      let here = try ReplayedServer.files(in: folder)
      // Not the shard map: it names databases whose files are not here.
      let behind = try ReplayedServer.files(in: newer).filter { path, whole in
        path.hasPrefix("shards/") && here[path].map { $0.count < whole.count && whole.starts(with: $0) } ?? false
      }
      guard let (path, whole) = behind.min(by: { $0.key < $1.key }), let bytes = here[path] else { continue }
      let handle = try FileHandle(forWritingTo: folder.appending(path: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(whole[bytes.count..<min(whole.count, bytes.count + 9000 + round)]))
      try handle.close()
      return
    }
  }
}
