import Foundation
import TestSupport
import Testing

/// What `akiba restore --deployment` refuses: nothing is changed then, and the next command is named.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DeploymentRefusalTests {
  private static let shared = Result { try CHTHost() }

  private func with(
    backup: [String] = [], status: Int32 = 0, damage: (_ data: URL) throws -> Void = { _ in }, body: (LostDeployment) throws -> Void
  ) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    try body(try LostDeployment(.small, on: host, backup: backup, status: status, damage: damage))
  }

  private func expect(_ output: Program.Output, _ texts: String...) {
    #expect(output.status == 1, "\(output.text)\(output.standardError)")
    for text in texts { #expect(output.standardError.contains(text), "\(output.standardError)") }
  }

  @Test func `what is in the way`() throws {
    try with { lost in
      let machine = lost.host.machine
      expect(try lost.restore(), "already has containers or volumes of project 'cht'", "nothing is to be done; --replace stops it")
      try lost.recovery.erase()
      let folder = lost.cht.dataFolders[0]
      try machine.bash("mkdir -p '\(folder)'; echo old >'\(folder)/file'")
      expect(try lost.restore(), "'\(folder)' is not empty", "hint: add --replace to move it aside to")

      let image = try lost.host.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split(separator: "\n").first {
        $0.contains("cht-api")
      }
      try lost.host.docker("run", "--detach", "--name", "second", "--volume", "\(folder):/opt/couchdb/data", String(try #require(image)))
      expect(
        try lost.restore("--replace"), "container 'second' runs and has '\(folder)' mounted", "hint: stop it first: docker stop second")
      try lost.host.docker("rm", "--force", "second")

      // As a CouchDB that no container is.
      let couchDB = try machine.start(["sh", "-c", "exec sleep 1000 <'\(folder)/file'"])
      while try machine.bash("pgrep -x sleep -a | grep -c 'sleep 1000' || true") == "0" {}
      expect(try lost.restore("--replace"), "has files of '\(folder)' open", "hint: see what it is: ps -fp")
      try machine.bash("pkill -f 'sleep 1000'")
      _ = try couchDB.wait()

      try machine.bash("mount --bind '\(folder)' '\(folder)'")
      expect(try lost.restore("--replace"), "'\(folder)' is where a disk is mounted", "--move \(folder)=\(folder)/cht")
      try machine.bash("umount '\(folder)'")
      #expect(try machine.bash("cat '\(folder)/file'") == "old")
      #expect(try machine.bash("ls /var/lib/akiba").isEmpty, "nothing was begun")
    }
  }

  @Test func `an older CouchDB, too little room, no engine, no root`() throws {
    try with { lost in
      try lost.recovery.erase()
      try lost.host.makeCouchDBAnswer([:], for: lost.cht.layout.version, couchDBVersion: "3.3.3")
      expect(try lost.restore(), "of version 3.3.3, and the data were written by 3.5.2", "hint: remove that image")
      try lost.host.makeCouchDBAnswer(lost.counts(), for: lost.cht.layout.version)
      try lost.host.machine.bash("mkdir -p /mnt/small; mount -t tmpfs -o size=1M small /mnt/small")
      expect(try lost.restore("--dry-run", "--staging", "/mnt/small/staging"), "/mnt/small")
      try lost.host.machine.bash("umount /mnt/small")
      let stranger = try lost.host.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + lost.command())
      #expect(stranger.status == 1 && stranger.standardError.contains("with sudo"), "\(stranger.standardError)")
      try lost.host.stopDaemon()
      defer { try? lost.host.startDaemon() }
      expect(try lost.restore(), "no docker engine answers on this host", "hint: install and start it")
    }
  }

  @Test func `a snapshot that its backup marked`() throws {
    try with(backup: ["--allow-missing"], status: 3) { data in
      try FileManager.default.removeItem(at: data.shard(of: "medic"))
    } body: { lost in
      try lost.recovery.erase()
      expect(try lost.restore(), "found something wrong with what it backed up", "--accept-marked")
    }
  }

  @Test func `files that are not proven, unless told`() throws {
    try with { data in
      // In the middle of a document: nothing that a backup looks at.
      let shard = try data.shard(of: "medic")
      for offset in try stride(from: 5000, to: shard.byteCount() - 12_000, by: 3000) { try shard.flipBit(at: offset) }
    } body: { lost in
      try lost.recovery.erase()
      expect(try lost.restore(), "is not proven: ", "--unproven")
      #expect(try lost.host.docker("ps", "--all", "--quiet").isEmpty)
      // What has begun keeps its mind; asked for anew, it may go another way.
      let told = try lost.restore("--unproven")
      #expect(told.status == 0 && told.standardError.contains("going on with the restore"), "\(told.standardError)")
    }
  }
}
