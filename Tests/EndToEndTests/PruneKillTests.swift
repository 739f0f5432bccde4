import Foundation
import TestSupport
import Testing

/// kill -9 at any moment of a prune loses nothing that is kept.
@Suite(.serialized)
struct PruneKillTests {
  private static let prune = ["prune", "--keep-last", "2", "--max-unused", "0"]

  @Test func `after kill -9 at 100 random moments of a prune all that is kept restores`() throws {
    let deployment = try TestDeployment.grown()
    let repository = deployment.repositories[0]
    let whole = deployment.folder.path("whole")
    try Program.run("/bin/cp", ["-a", repository, whole])
    let kept = try deployment.snapshots().suffix(2)
    let states = try kept.map { try deployment.restore($0) }
    var kills = RandomKills(seed: 5_150, span: try duration(of: deployment))
    let seed = kills.seed

    var halfway = 0
    var isPruned = true
    for round in 0..<100 {
      if isPruned {
        try Program.run("/bin/rm", ["-rf", repository])
        try Program.run("/bin/cp", ["-a", whole, repository])
      }
      let before = try objects(of: deployment)
      // The one killed before has left its lock.
      let locks = Set(deployment.locks())
      let run = try deployment.startAkiba(Self.prune)
      _ = deployment.wait { !locks.isSuperset(of: deployment.locks()) || !run.isRunning }
      kills.kill(run)
      isPruned = try run.wait().status == 0
      if try !isPruned && objects(of: deployment) != before { halfway += 1 }

      // What one kill had lost would still be lost after the next.
      guard round % 5 == 4 else { continue }
      let check = try deployment.akiba(["check"] + (round % 10 == 9 ? ["--read-data"] : []))
      #expect(check.status == 0, "round \(round), seed \(seed): \(check.standardError)")
      guard round % 10 == 9 else { continue }
      let stock = try deployment.restic(["check", "--no-lock"])
      #expect(stock.status == 0, "round \(round), seed \(seed): \(stock.text)\(stock.standardError)")
    }

    #expect(kills.killed > 60 && halfway > 5, "\(kills.killed) of 100 runs were killed, \(halfway) half way; seed \(seed)")
    let last = try deployment.akiba(Self.prune)
    #expect(last.status == 0, "\(last.standardError)")
    #expect(try deployment.snapshots() == Array(kept))
    try deployment.expectResticFindsNoErrors()
    for (snapshot, state) in zip(kept, states) {
      let restored = try deployment.restore(snapshot)
      let same = try Program.run("/usr/bin/diff", ["-r", "--exclude=.akiba-restore.json", restored.path, state.path])
      #expect(same.status == 0, "\(same.text)")
    }
  }

  /// Names of packs, indexes and snapshots.
  private func objects(of deployment: TestDeployment) throws -> Set<String> {
    var names: Set<String> = []
    for kind in ["data", "index", "snapshots"] {
      names.formUnion(try URL(filePath: deployment.repositories[0]).appending(path: kind).filesBelow())
    }
    return names
  }

  /// From the lock to the end, in seconds.
  private func duration(of deployment: TestDeployment) throws -> Double {
    let run = try deployment.startAkiba(Self.prune)
    _ = deployment.wait { !deployment.locks().isEmpty }
    let start = Date()
    #expect(try run.wait().status == 0)
    return Date().timeIntervalSince(start)
  }
}
