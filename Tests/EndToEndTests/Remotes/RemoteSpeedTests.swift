import Foundation
import TestSupport
import Testing

/// How fast a first backup and a restore go, beside stock restic with the same files on the same server in the same run:
/// `AKIBA_MEASURE=1 scripts/test --filter RemoteSpeed`. Prints figures and holds none.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["AKIBA_MEASURE"] != nil, "a measurement, not a test"))
struct RemoteSpeedTests {
  private static let megabytes = 512

  @Test func `a first backup and a restore, at each kind of location`() throws {
    let servers = try RemoteServers()
    for name in ["folder"] + RemoteServers.names {
      let deployment = try TestDeployment.withCredentials(
        locations: name == "folder" ? ["folder"] : [], options: name == "folder" ? [] : ["--to", servers.place(name)])
      try deployment.addPatients(megabytes: Self.megabytes, seed: 9)
      let backup = try seconds { try deployment.backup() }
      let restore = try seconds { _ = try deployment.restore() }
      func theirs(_ arguments: String...) throws {
        let output = try servers.restic(name, of: deployment, arguments, folder: "theirs")
        try #require(output.status == 0, "\(output.standardError)")
      }
      try theirs("init", "--repository-version", "2")
      let sources = [deployment.data[0].path, deployment.folder.path("upgrade"), deployment.folder.path("local.d")]
      let theirBackup = try seconds { try theirs("backup", sources[0], sources[1], sources[2]) }
      let theirRestore = try seconds { try theirs("restore", "latest", "--target", deployment.folder.path("theirs-restored")) }
      print(
        "\(name): \(Self.megabytes) MB: backup akiba \(rate(backup)), restic \(rate(theirBackup)) MB/s; "
          + "restore akiba \(rate(restore)), restic \(rate(theirRestore)) MB/s")
    }
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private func rate(_ seconds: Double) -> Int { Int(Double(Self.megabytes) / seconds) }
}
