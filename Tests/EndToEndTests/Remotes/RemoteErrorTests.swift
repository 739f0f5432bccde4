import Foundation
import TestSupport
import Testing

/// What is wrong with a remote location is said, with what to do, and without a secret; the other locations get their snapshot.
@Suite(.enabled(if: RemoteServers.isPossible, "sshd needs root"))
struct RemoteErrorTests {
  /// - Parameters:
  ///   - location: the one that fails.
  ///   - words: of the warning and its hint.
  private func expectFailure(
    of location: String, _ words: [String], _ deployment: TestDeployment, _ servers: RemoteServers
  ) throws {
    let words = words.map { $0.lowercased() }
    let output = try deployment.akiba(["backup", "--json"])
    #expect(output.status == 3, "\(output.standardError)")
    let lines = output.standardError.split(separator: "\n").map(String.init)
    let number = try #require(lines.firstIndex { $0.hasPrefix("warning: location '\(location)'") }, "\(output.standardError)")
    let said = lines[number...].prefix(2).joined(separator: "\n").lowercased()
    for word in words { #expect(said.contains(word), "\(said)") }
    #expect(said.contains("\nhint: "), "\(said)")
    for secret in servers.secrets { #expect(!output.standardError.contains(secret) && !output.text.contains(secret)) }
    #expect(try output.objects().contains { $0["type"] as? String == "backup" })
  }

  @Test func `of SFTP: another host key, an unknown one, a refused login, a server that is gone, a full disk`() throws {
    let servers = try RemoteServers()
    let small = try SSHServer(dataSize: 4 << 20)
    let full = "full=sftp:\(small.host):\(small.folder)/cht,ssh-config=\(small.sshConfig),patience=1 seconds"
    let deployment = try servers.deployment(patience: "1 seconds", and: [full])
    try deployment.addPatients(megabytes: 8, seed: 2)
    try expectFailure(of: "full", ["full"], deployment, servers)
    try FileManager.default.removeItem(at: deployment.folder.url.appending(path: "upgrade/patients-2.bin"))

    let known = try String(contentsOfFile: servers.ssh.knownHosts, encoding: .utf8)
    let other = try String(contentsOfFile: small.knownHosts, encoding: .utf8)
    try other.write(toFile: servers.ssh.knownHosts, atomically: true, encoding: .utf8)
    try expectFailure(of: "office", ["host key"], deployment, servers)
    try "".write(toFile: servers.ssh.knownHosts, atomically: true, encoding: .utf8)
    try expectFailure(of: "office", ["host key"], deployment, servers)
    try known.write(toFile: servers.ssh.knownHosts, atomically: true, encoding: .utf8)

    let host = "sftp: \"\(servers.ssh.host):"
    try deployment.editConfiguration { $0.replacing(host, with: "sftp: \"\(servers.ssh.keylessHost):") }
    try expectFailure(of: "office", ["publickey"], deployment, servers)
    try deployment.editConfiguration { $0.replacing("sftp: \"\(servers.ssh.keylessHost):", with: host) }
    servers.ssh.stop()
    try expectFailure(of: "office", ["refused"], deployment, servers)
  }

  @Test func `of S3: a wrong secret, an unknown key, no bucket, a certificate nobody vouches for`() throws {
    let servers = try RemoteServers()
    let deployment = try servers.deployment(patience: "1 seconds")
    func credentials(_ key: String, _ secret: String) throws {
      try servers.write("[default]\naws_access_key_id = \(key)\naws_secret_access_key = \(secret)\n", to: "s3.credentials")
    }
    try credentials(servers.s3.accessKey, "hunter2-wrong")
    try expectFailure(of: "cloud", ["secret"], deployment, servers)
    try credentials("AKIBANOBODY", servers.s3.secret)
    try expectFailure(of: "cloud", ["access key"], deployment, servers)
    try credentials(servers.s3.accessKey, servers.s3.secret)
    let address = String(servers.s3Address.dropFirst(3))
    try deployment.editConfiguration { $0.replacing(address, with: address.replacing("/akiba/", with: "/nowhere/")) }
    try expectFailure(of: "cloud", ["bucket", "nowhere"], deployment, servers)
    try deployment.editConfiguration {
      $0.replacing(address.replacing("/akiba/", with: "/nowhere/"), with: "\(servers.s3.secureEndpoint)/akiba/cht")
    }
    try expectFailure(of: "cloud", ["certificate", "ca"], deployment, servers)
    try deployment.editConfiguration {
      $0.replacing("    medium: object-storage\n", with: "    medium: object-storage\n    ca: \(servers.s3.authority)\n")
    }
    #expect(try deployment.akiba(["backup"]).status == 0)
  }

  @Test func `of REST: a wrong password, a server that is gone`() throws {
    let servers = try RemoteServers()
    let deployment = try servers.deployment(patience: "1 seconds")
    try servers.write("RESTIC_REST_USERNAME=akiba\nRESTIC_REST_PASSWORD=wrong\n", to: "rest.credentials")
    try expectFailure(of: "server", ["password"], deployment, servers)
    servers.rest.stop()
    try expectFailure(of: "server", ["refused"], deployment, servers)
  }

  @Test func `a key that opens the other locations and not this one is told from damage`() throws {
    let servers = try RemoteServers()
    let deployment = try servers.deployment(patience: "1 seconds")
    let other = try TestDeployment.growth()
    for name in ["keys"] {
      let folder = URL(filePath: servers.ssh.folder).appending(path: "cht/\(name)")
      for file in folder.entries() { try FileManager.default.removeItem(at: folder.appending(path: file)) }
      try Program.run("/bin/cp", ["-a", other.repositories[0] + "/\(name)/.", folder.path])
    }

    try expectFailure(of: "office", ["password", "key"], deployment, servers)
  }
}
