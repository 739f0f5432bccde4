import Foundation
import TestSupport
import Testing

/// The commands of `kit.md`, executed as they are printed, on a host that has nothing else: for a folder, SFTP, S3 and REST.
@Suite(.enabled(if: RemoteServers.isPossible, "sshd needs root"))
struct KitCommandsTests {
  private static let names = ["folder"] + RemoteServers.names + ["own authority"]

  /// With an S3 location whose certificate only an authority of its own vouches for, and a region.
  private func deployment(_ servers: RemoteServers) throws -> TestDeployment {
    let place = "\(servers.s3.secureEndpoint)/akiba/second,credentials=\(servers.folder.path("s3.credentials")),region=us-east-1"
    let deployment = try servers.deployment(and: ["own authority=s3:\(place),addressing=path,ca=\(servers.s3.authority)"])
    try deployment.backup()
    return deployment
  }

  private func secrets(_ deployment: TestDeployment, _ servers: RemoteServers) throws -> [String] {
    try servers.secrets
      + [deployment.recoveryKey, deployment.workingKey].map {
        try String(contentsOfFile: $0, encoding: .utf8).trimmingCharacters(in: .newlines)
      }
  }

  /// As the deployment itself restores them.
  private func expectSame(_ restored: String, as reference: URL, _ what: String) throws {
    let difference = try Program.run(
      "/usr/bin/env", ["diff", "--recursive", "--no-dereference", "--exclude=.akiba-restore.json", reference.path, restored])
    #expect(difference.status == 0, "\(what): \(difference.text.prefix(500))\(difference.standardError)")
  }

  @Test func `stock restic alone gives the same files from each kind of location`() throws {
    let servers = try RemoteServers()
    let deployment = try deployment(servers)
    let reference = try deployment.restore()
    let kit = try MadeKit(of: deployment)
    let secrets = try secrets(deployment, servers)
    let check = try kit.execute(try #require(try kit.blocks(below: "The key").first))
    let printed = check.output.text.trimmingCharacters(in: .newlines)
    let page = try kit.text("kit.md")
    #expect(printed.count == 8 && page.contains("It has to print `\(printed)`"), "\(check.output.standardError)")

    for name in Self.names {
      let block = try #require(try kit.blocks(below: "restic from \(name)").first)
      #expect(!block.contains("akiba restore"))
      let run = try kit.execute(block)
      #expect(run.output.status == 0, "\(name): \(run.output.standardError)\(run.output.text)")
      try expectSame(run.restored, as: reference, name)
      #expect(run.commands.contains("restic"))
      for secret in secrets { #expect(!(run.commands + run.output.text + run.output.standardError).contains(secret), "\(name)") }
    }
  }

  @Test func `akiba with nothing but the kit gives the same files from each kind of location`() throws {
    let servers = try RemoteServers()
    let deployment = try deployment(servers)
    let reference = try deployment.restore()
    let kit = try MadeKit(of: deployment)
    // Nothing of this host but the private ssh key, which is never in a kit.
    for file in ["conf", "state"] { try? FileManager.default.removeItem(atPath: deployment.folder.path(file)) }
    for file in ["s3.credentials", "rest.credentials"] { try FileManager.default.removeItem(atPath: servers.folder.path(file)) }
    for file in [servers.ssh.sshConfig, servers.ssh.knownHosts] { try FileManager.default.removeItem(atPath: file) }
    let key = try #require(try kit.text("kit.yaml").firstMatch(of: /recovery-key: "?([^"\n]+)"?/)).1
    let secrets = servers.secrets + [String(key)]

    for name in Self.names {
      let blocks = try kit.blocks(below: "Akiba from \(name)")
      #expect(blocks.count == 2 && blocks[0].hasSuffix(" --deployment\n") && blocks[0].contains(" --kit . "))
      let run = try kit.execute(blocks[1])
      #expect(run.output.status == 0 && run.output.text.contains("proven"), "\(name): \(run.output.standardError)\(run.output.text)")
      try expectSame(run.restored, as: reference, name)
      for secret in secrets { #expect(!(run.commands + run.output.text + run.output.standardError).contains(secret), "\(name)") }
    }
  }

  @Test func `without credentials no secret of a server is in the kit, and its commands say where to type it`() throws {
    let servers = try RemoteServers()
    let deployment = try deployment(servers)
    let full = try MadeKit(of: deployment)
    let kit = try MadeKit(of: deployment, ["--without-credentials"])

    for name in ["kit.yaml", "kit.md", "kit.html"] {
      // As they are written for a shell and in an address, too.
      for secret in servers.secrets + [servers.s3.accessKey] { #expect(try !kit.text(name).contains(secret), "\(name)") }
    }
    for secret in servers.secrets { #expect(try full.text("kit.yaml").contains(secret), "the search finds nothing") }
    #expect(try kit.text("kit.md").contains("**not in this kit**") && kit.text("kit.md").contains("AWS_SECRET_ACCESS_KEY=…"))
    let refused = try kit.akiba(["snapshots", "--kit", kit.path, "--location", "cloud"])
    #expect(refused.status == 1 && refused.standardError.contains("AWS_ACCESS_KEY_ID"), "\(refused.standardError)")
    let given = try Program.run(
      try Akiba.executable(), ["snapshots", "--kit", kit.path, "--location", "cloud"],
      environment: ["AWS_ACCESS_KEY_ID": servers.s3.accessKey, "AWS_SECRET_ACCESS_KEY": servers.s3.secret])
    #expect(given.status == 0, "\(given.standardError)")
    let elsewhere = servers.folder.path("client_key")
    try FileManager.default.moveItem(atPath: String(servers.ssh.sshConfig.dropLast(10)) + "client_key", toPath: elsewhere)
    let keyless = try kit.akiba(["snapshots", "--kit", kit.path, "--location", "office"])
    #expect(keyless.status == 1 && keyless.standardError.contains("which no kit holds"), "\(keyless.standardError)")
    #expect(try kit.text("kit.yaml").contains("client_key") && !kit.text("kit.yaml").contains("PRIVATE KEY"))
  }

  @Test func `another password of a server makes a kit stale, and one without credentials not`() throws {
    let servers = try RemoteServers()
    let deployment = try deployment(servers)
    func state() throws -> String? { try deployment.akiba(["status", "--offline", "--json"]).objects().last?["kit"] as? String }
    _ = try MadeKit(of: deployment)
    #expect(try state() == "current")
    try servers.write("RESTIC_REST_USERNAME=akiba\nRESTIC_REST_PASSWORD=another\n", to: "rest.credentials")
    #expect(try state() == "stale")
    try servers.write("RESTIC_REST_USERNAME=akiba\nRESTIC_REST_PASSWORD=hunter2-rest\n", to: "rest.credentials")
    _ = try MadeKit(of: deployment, ["--without-credentials"])
    try servers.write("RESTIC_REST_USERNAME=akiba\nRESTIC_REST_PASSWORD=another\n", to: "rest.credentials")
    #expect(try state() == "current")
    try "".write(toFile: servers.ssh.knownHosts, atomically: true, encoding: .utf8)
    #expect(try state() == "stale")
  }
}
