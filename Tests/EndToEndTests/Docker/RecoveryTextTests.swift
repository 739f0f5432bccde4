import Foundation
import TestSupport
import Testing

/// The commands of `RECOVERY.md`, executed as they are printed.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct RecoveryTextTests {
  private static let shared = Result { try CHTHost() }

  private func with(_ layout: CHTLayout, isNested: Bool, body: (RecoveryHost) throws -> Void) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    let hosted = try HostedDeployment(host, try host.bringUp(layout))
    let recovery = try RecoveryHost(hosted, isNested: isNested)
    try hosted.initialise()
    try body(recovery)
  }

  @Test func `on a new host the guide's deployment comes back`() throws {
    try with(.guide, isNested: false) { recovery in
      try recovery.hosted.backup()
      let text = try recovery.recovery()
      let caddyfile = recovery.hosted.host.home + "/Caddyfile"
      let caddy = try Data(contentsOf: URL(filePath: caddyfile))
      try recovery.erase()

      try recovery.follow(text, getting: .akiba)

      try recovery.expectRestored()
      #expect(try Data(contentsOf: URL(filePath: caddyfile)) == caddy)
      #expect(try FileManager.default.contentsOfDirectory(atPath: recovery.hosted.host.home).sorted() == ["Caddyfile", "cht"])
    }
  }

  @Test func `on a new host a deployment with everything below the upgrade service's folder comes back`() throws {
    try with(.small, isNested: true) { recovery in
      // Two seconds after the last change, a snapshot records the folder's state, and the next one takes it over.
      usleep(2_500_000)
      try recovery.hosted.backup()
      let first = try recovery.recovery()
      let report = try recovery.hosted.backup()
      let counts = ["files", "files_unchanged", "files_opened"].map { report[$0] as? Int ?? 0 }
      try #require(counts[1] > 0 && counts[2] == counts[0] - counts[1], "none of CouchDB's was opened, not even the shard map")
      let text = try recovery.recovery()
      #expect(text.split(separator: "\n").count == first.split(separator: "\n").count)
      try recovery.erase()

      try recovery.follow(text, getting: .restic)

      try recovery.expectRestored()
      let cht = recovery.hosted.cht.folders.cht
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: cht).sorted()
          == [".env", "compose", "config.json", "couchdb", "docker-compose.yml"])
    }
  }

  @Test(arguments: [false, true])
  func `what was there is moved aside, and a second time keeps what the first moved`(_ isNested: Bool) throws {
    try with(.small, isNested: isNested) { recovery in
      try recovery.hosted.backup()
      let text = try recovery.recovery()
      let folder = recovery.upgradeService
      let volume = try #require(recovery.hosted.cht.volumeFolders[recovery.hosted.cht.sslVolume])
      func write(_ text: String) throws {
        for path in ["\(folder)/.env", "\(volume)/key.pem"] { try text.write(toFile: path, atomically: true, encoding: .utf8) }
      }
      func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

      try write("first")
      try recovery.follow(text, getting: .akiba)
      try recovery.expectRestored()
      try write("second")
      try recovery.follow(text, getting: nil)
      try recovery.expectRestored()

      #expect(read("\(folder).before-restore.~1~/.env") == "first" && read("\(folder).before-restore/.env") == "second")
      #expect(read("\(volume).before-restore.~1~/key.pem") == "first" && read("\(volume).before-restore/key.pem") == "second")
      if isNested { #expect(read("\(folder)/reports/2026.txt") == "neighbour\n") }
    }
  }

  @Test func `volumes are known for what they are although the engine was stopped at the backup`() throws {
    try with(.small, isNested: false) { recovery in
      let hosted = recovery.hosted
      try hosted.host.stopDaemon()
      do {
        defer { try? hosted.host.startDaemon() }
        try hosted.backup()
      }
      let text = try recovery.recovery()
      try recovery.erase()

      try recovery.follow(text, getting: .akiba)

      try recovery.expectRestored()
      for volume in [hosted.cht.sslVolume, hosted.cht.credentialsVolume] {
        #expect(RecoveryHost.blocks(of: text).contains { $0.contains("docker volume create") && $0.contains(volume) })
        let label = try hosted.host.docker("volume", "inspect", "--format", #"{{index .Labels "com.docker.compose.project"}}"#, volume)
        #expect(label == hosted.cht.project)
      }
    }
  }
}
