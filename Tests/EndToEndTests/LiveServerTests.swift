import Foundation
import TestSupport
import Testing

/// Backups of a folder that a replayed server is writing to all the while.
@Suite(.serialized)
struct LiveServerTests {
  @Test func `100 backups of a busy server are all states the files really had, and prove clean`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    try run(["day1", "day2", "day3"].map { corpus.appending(path: $0) }, backups: 100, pause: 20_000, seed: 20_261)
  }

  @Test(.enabled(if: Corpora.large.contains("series-3.5"), "needs ../shared/corpora"))
  func `so are backups of a larger one, through its compactions`() throws {
    let corpus = try Corpora.folder("series-3.5")
    try run((0...4).map { corpus.appending(path: "T\($0)/data") }, backups: 30, pause: 3000, seed: 20_262)
  }

  @Test func `so are backups that may hold only 30 files open`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    try run(["day1", "day2", "day3"].map { corpus.appending(path: $0) }, backups: 30, pause: 8_000, seed: 20_263, descriptors: 94)
  }

  /// - Parameter descriptors: the hard limit of open files; 64 of them are not for CouchDB's.
  private func run(_ states: [URL], backups: Int, pause: UInt32, seed: UInt64, descriptors: Int? = nil) throws {
    let deployment = try TestDeployment(copying: [states[0]])
    let live = deployment.data[0]
    try FileManager.default.removeItem(at: live)
    let server = try ReplayedServer(copying: states, to: live)

    server.start(seed: seed, pause: pause, rounds: backups)
    for number in 1...backups {
      let output =
        if let descriptors {
          try Program.run(
            "/bin/sh", ["-c", "ulimit -n \(descriptors); exec \"$0\" backup", try Akiba.executable()],
            environment: ["AKIBA_CONFIG": deployment.configuration])
        } else {
          try deployment.akiba(["backup"])
        }
      #expect(output.status == 0, "backup \(number), seed \(seed): \(output.standardError)")
      server.endRound()
    }
    try server.stop()

    let snapshots = try deployment.snapshots()
    #expect(snapshots.count == backups)
    let target = deployment.folder.url.appending(path: "restored")
    var distinct: Set<[String: Int]> = []
    for (number, snapshot) in snapshots.enumerated() {
      let restore = try deployment.akiba(["restore", snapshot, "--to", target.path] + (number > 0 ? ["--delta"] : []))
      #expect(restore.status == 0, "\(restore.standardError)")
      let proof = try deployment.akiba(["verify", "--restored", target.path])
      #expect(proof.status == 0, "snapshot \(number + 1), seed \(seed): \(proof.standardError)")
      let files = try ReplayedServer.files(in: target.appending(path: "couchdb/couchdb@127.0.0.1/data"))
      for (path, bytes) in files { #expect(server.wasOnce(bytes, at: path), "\(path) in snapshot \(number + 1), seed \(seed)") }
      distinct.insert(files.mapValues(\.count))
    }
    #expect(distinct.count > backups / 3, "the server moved on: only \(distinct.count) states")
    try deployment.expectResticFindsNoErrors()
  }
}
