import Foundation
import TestSupport
import Testing

/// What the hosts' `.env`, volumes and containers hold in secrets appears nowhere, whatever akiba does.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DockerSecretTests {
  /// Everything a program writes to whatever it has open, and every command line and environment it starts programs with.
  private static let trace = [
    "strace", "-f", "-s", "10000000", "-e", "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,execve", "-v", "-o",
  ]

  @Test func `no byte that akiba writes anywhere, and no command line, holds a secret`() throws {
    let host = try CHTHost()
    defer { host.tearDown() }
    let hosted = try HostedDeployment(host, try host.bringUp(.guide))
    let restored = hosted.folder + "/restored"
    let commands: [[String]] = [
      ["discover"], ["discover", "--json"], ["init", "--to", "usb=\(hosted.repository)"], ["doctor"], ["doctor", "--json"], ["backup"],
      ["backup", "--json"], ["snapshots"], ["verify", "latest", "--json"], ["restore", "latest", "--dry-run", "--json"], ["key", "list"],
      ["discover", "--cht-dir", hosted.cht.folders.cht, "--docker-root", host.folder + "/engine"], ["init", "--project", "none"],
    ]
    for command in commands {
      let trace = hosted.folder + "/trace"
      let output = try hosted.run(Self.trace + [trace, try Akiba.executable()] + command)
      let written = try String(decoding: Data(contentsOf: URL(filePath: trace)), as: UTF8.self)
      try #require(written.contains("execve") && !output.text.isEmpty || !output.standardError.isEmpty)
      for secret in hosted.cht.secrets {
        #expect(!output.text.contains(secret) && !output.standardError.contains(secret), "\(command) says a secret")
        #expect(!written.contains(Self.plain(secret)), "\(command) writes a secret")
      }
    }

    // Only a restore writes them, and where it was asked to, for the owner's eyes.
    let output = try hosted.akiba("restore", "latest", "--to", restored)
    let environment = restored + "/cht/upgrade-service/.env"
    #expect(output.status == 0 && hosted.cht.secrets.allSatisfy { !output.text.contains($0) })
    #expect(try String(contentsOfFile: environment, encoding: .utf8).contains(hosted.cht.planted.password))
    for key in ["working.key", "recovery.key"] {
      #expect(
        try FileManager.default.attributesOfItem(atPath: hosted.folder + "/etc/" + key)[.posixPermissions] as? Int == 0o600)
    }
    // What was stored is sealed: the secrets are in no object.
    let found = try host.run(["grep", "--recursive", "--text", "--fixed-strings", hosted.cht.planted.password, hosted.repository])
    #expect(found.status == 1)
  }

  /// The longest piece that strace shows as it is: other bytes come out as octal numbers.
  private static func plain(_ secret: String) -> String {
    let pieces: [Substring] = secret.split { !$0.isASCII }
    return pieces.max { $0.count < $1.count }.map(String.init) ?? secret
  }
}
