import Foundation
import TestSupport
import Testing

/// `akiba restore --deployment` where the deployment never was.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DeploymentElsewhereTests {
  @Test func `on a new host, with the kit and an SFTP location alone, and an engine that has its data elsewhere`() throws {
    let ssh = try SSHServer()
    let kit = try TemporaryFolder()
    let old = try CHTHost()
    try ssh.listen(in: old.machine)
    let hosted = try HostedDeployment(old, try old.bringUp(.guide))
    let cht = hosted.cht
    let location = "office=sftp:\(ssh.host):\(ssh.folder)/cht,ssh-config=\(ssh.sshConfig)"
    for arguments in [["init", "--to", location], ["backup"], ["kit", "--out", kit.path("kit")]] {
      let output = try hosted.run([try Akiba.executable()] + arguments)
      try #require(output.status == 0, "\(arguments): \(output.standardError)")
    }
    let files = ["docker-compose.yml", ".env", "config.json"].map { "\(cht.folders.upgradeService)/\($0)" }
    let paths = files + [cht.folders.compose, cht.dataFolders[0], cht.folders.home + "/Caddyfile"] + cht.volumeFolders.values
    let before = try RecoveryHost.contents(of: paths).filter { !$0.key.contains("/compose/data/backup/") }
    let counts = try manifestCounts(hosted, ssh)
    // The server is gone, with all that was on it.
    old.tearDown()
    try #require(!FileManager.default.fileExists(atPath: cht.folders.home))

    let new = try CHTHost()
    defer { try? FileManager.default.removeItem(atPath: old.folder) }
    try ssh.listen(in: new.machine)
    try new.pull(cht.layout)
    try new.makeUpgradeServiceAct()
    try new.makeCouchDBAnswer(counts, for: cht.layout.version)
    try RecoveryHost.install(on: new.machine)
    // As the page has it, but for sudo.
    let page = try String(contentsOfFile: kit.path("kit/kit.md"), encoding: .utf8)
    let command = "akiba restore latest --kit . --location office --deployment"
    #expect(page.contains("sudo \(command)\n"))
    let output = try new.run(["sh", "-c", command], in: kit.path("kit"))

    try #require(output.status == 0, "\(output.text)\(output.standardError)")
    #expect(new.folder != old.folder)
    for (path, bytes) in before {
      let there = path.replacing(old.folder + "/engine/", with: new.folder + "/engine/")
      #expect(FileManager.default.contents(atPath: there) == bytes, "\(there)")
    }
    #expect(before.keys.filter { $0.hasPrefix(old.folder + "/engine/volumes/") }.count >= 3, "\(before.keys.sorted())")
    for secret in cht.secrets { #expect(!output.text.contains(secret) && !output.standardError.contains(secret)) }
    #expect(output.standardError.contains("CouchDB answers, with all documents of"), "\(output.standardError)")
    #expect(output.standardError.contains("nginx serves the restored certificate"), "\(output.standardError)")
    let services = try new.docker("ps", "--format", #"{{.Label "com.docker.compose.service"}}"#).split(separator: "\n").map(String.init)
    #expect(Set(services).isSuperset(of: cht.layout.services), "\(services)")
    let data = cht.dataFolders[0]
    let strays = try new.machine.bash("find \(data) -path \(data)/nouveau -prune -o \\( ! -user 5984 -o ! -group 5984 \\) -print")
    #expect(strays.isEmpty, "not CouchDB's: \(strays)")
    let verified = try new.run([try Akiba.executable(), "verify", "--data", data])
    #expect(verified.status == 0, "\(verified.standardError)")
  }

  private func manifestCounts(_ hosted: HostedDeployment, _ ssh: SSHServer) throws -> [String: (documents: Int, deleted: Int)] {
    let target = hosted.folder + "/counts"
    let output = try hosted.akiba("restore", "latest", "--path", "/akiba", "--to", target)
    try #require(output.status == 0, "\(output.standardError)")
    return try LostDeployment.counts(of: URL(filePath: target))
  }

  @Test func `to another path, under another project's and node's name`() throws {
    let host = try CHTHost()
    let lost = try LostDeployment(.small, on: host)
    try lost.recovery.erase()
    let (old, new) = (lost.cht.folders.cht, host.folder + "/mnt/disk/clinic")
    let node = try #require(host.run(lost.command(["--dry-run"])).text.firstMatch(of: /couchdb\/(.+?)\/data ->/)).1
    let wishes = ["--move", "\(old)=\(new)", "--project", "clinic", "--node", "\(node)=couchdb@clinic.example.org"]
    let unknown = try host.run(lost.command(["--node", "nobody@nowhere=a@b"]))
    #expect(unknown.status == 1 && unknown.standardError.contains("has no node 'nobody@nowhere'"), "\(unknown.standardError)")

    let plan = try host.run(lost.command(wishes + ["--dry-run"]))
    let output = try host.run(lost.command(wishes))

    #expect(output.status == 0, "\(output.text)\(output.standardError)")
    for line in [
      "- COUCHDB_DATA=\(old)/couchdb", "+ COUCHDB_DATA=\(new)/couchdb", "- CHT_COMPOSE_PATH=\(old)/compose",
      "+ CHT_COMPOSE_PATH=\(new)/compose", "+ CHT_COMPOSE_PROJECT_NAME=clinic", "\(node) -> couchdb@clinic.example.org",
    ] {
      #expect(plan.text.contains(line) && output.text.contains(line), "\(line) is not in \(plan.text)")
    }
    #expect(!FileManager.default.fileExists(atPath: old))
    try lost.expectServices(of: "clinic", sslVolume: "clinic_cht-ssl")
    let data = "\(new)/couchdb"
    let verified = try host.run([try Akiba.executable(), "verify", "--data", data, "--json"])
    #expect(verified.status == 0, "\(verified.text)\(verified.standardError)")
    let map = try Data(contentsOf: URL(filePath: data + "/_dbs.couch"))
    #expect(map.contains("couchdb@clinic.example.org"))
    #expect(!FileManager.default.fileExists(atPath: data + "/_nodes.couch"))
    let environment = try String(contentsOfFile: "\(new)/upgrade-service/.env", encoding: .utf8)
    #expect(environment.contains("COUCHDB_DATA=\(new)/couchdb\n") && environment.contains("CHT_COMPOSE_PROJECT_NAME=clinic\n"))
    #expect(environment.contains("COUCHDB_PASSWORD="))
  }

  @Test func `where consumers are further than the snapshot, new identities let them see everything again`() throws {
    let host = try CHTHost()
    let lost = try LostDeployment(.small, on: host)
    let before = try FileManager.default.contents(atPath: URL(filePath: lost.cht.dataFolders[0]).shard(of: "medic").path)

    let output = try host.run(lost.command(["--replace", "--new-identities", "--json"]))

    #expect(output.status == 0, "\(output.text)\(output.standardError)")
    #expect(try JSONContractTests.expectDocumented([output]) == ["deployment-plan", "deployment-restored"])
    let shard = try URL(filePath: lost.cht.dataFolders[0]).shard(of: "medic")
    let after = try #require(FileManager.default.contents(atPath: shard.path))
    #expect(after.count > before?.count ?? 0, "one more header")
    #expect(after.prefix(before?.count ?? 0) == before)
    let verified = try host.run([try Akiba.executable(), "verify", "--data", lost.cht.dataFolders[0]])
    #expect(verified.status == 0, "\(verified.text)\(verified.standardError)")
  }
}

extension Data {
  fileprivate func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
