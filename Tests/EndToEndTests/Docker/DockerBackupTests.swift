import Foundation
import TestSupport
import Testing

/// `akiba init && akiba backup` on hosts with a real engine; stock restic restores what they stored.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DockerBackupTests {
  private static let shared = Result { try CHTHost() }

  private func with(_ layout: CHTLayout, body: (HostedDeployment) throws -> Void) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    try body(try HostedDeployment(host, try host.bringUp(layout)))
  }

  @Test(arguments: [CHTLayout.guide, .removedNginx])
  func `init and backup store everything, and stock restic restores it as a tree to use`(_ layout: CHTLayout) throws {
    try with(layout) { hosted in
      let cht = hosted.cht
      try hosted.initialise()
      let event = try hosted.backup()
      let restored = try hosted.resticRestore()

      func same(_ path: String, _ source: String) throws -> Bool {
        try Data(contentsOf: restored.appending(path: path)) == Data(contentsOf: URL(filePath: source))
      }
      #expect(try same("cht/upgrade-service/.env", cht.folders.environmentFile))
      #expect(try same("tls/key.pem", cht.keyFile) && same("tls/cert.pem", cht.certificateFile))
      #expect(try same("couchdb/couchdb@127.0.0.1/local.d/cluster-credentials.ini", cht.credentialsFile))
      #expect(try same("couchdb/couchdb@127.0.0.1/data/_dbs.couch", cht.dataFolders[0] + "/_dbs.couch"))
      for name in try FileManager.default.contentsOfDirectory(atPath: cht.folders.compose) where name != "data" {
        #expect(try same("cht/compose/\(name)", cht.folders.compose + "/" + name))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: restored.path).sorted() == ["akiba", "cht", "couchdb", "tls"])
      let leftOut = (event["left_out"] as? [[String: String]] ?? []).compactMap { $0["path"] }
      #expect(Set(leftOut).isSuperset(of: ["cht/compose/data/backup", "Docker images", "container logs"]))
      if !layout.isSmall {
        #expect(try same("cht/extra\(hosted.host.home)/Caddyfile", hosted.host.home + "/Caddyfile"))
      }

      let sums = try Program.run(
        "/usr/bin/sha256sum", ["--quiet", "--check", "SHA256SUMS"], in: restored.appending(path: "akiba").path)
      #expect(sums.status == 0, "\(sums.text)\(sums.standardError)")
      let recovery = try String(contentsOf: restored.appending(path: "akiba/RECOVERY.md"), encoding: .utf8)
      for fact in [cht.folders.compose, cht.folders.upgradeService, cht.dataFolders[0], cht.sslVolume, "CHT 5.2.0", "cht-couchdb:5.2.0"] {
        #expect(recovery.contains(fact), "RECOVERY.md lacks \(fact)")
      }
    }
  }

  @Test func `the manifest records versions, images, network, certificate, uuid, and secrets only as fingerprints`() throws {
    try with(.small) { hosted in
      try hosted.initialise()
      let event = try hosted.backup()
      let restored = try hosted.resticRestore()
      let text = try String(contentsOf: restored.appending(path: "akiba/manifest.json"), encoding: .utf8)
      let manifest = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let installation = try #require(manifest["installation"] as? [String: Any])
      let facts = try #require(manifest["facts"] as? [String: Any])
      let database = try #require((manifest["databases"] as? [[String: Any]])?.first)

      #expect(event["installation"] as? [String: Any] != nil)
      #expect(installation["cht_version"] as? String == "5.2.0" && installation["couchdb_version"] as? String == "3.5.2")
      #expect(installation["project"] as? String == "cht" && installation["certificate_mode"] as? String == "SELF_SIGNED")
      #expect((installation["certificate"] as? [String: Any])?["key_matches"] as? Bool == true)
      #expect((installation["credentials"] as? [String: Any])?["uuid"] as? String == hosted.cht.planted.uuid)
      #expect((installation["services"] as? [[String: Any]])?.count == hosted.cht.containers.count)
      #expect(facts["started"] != nil && facts["ended"] != nil && facts["akiba_version"] != nil)
      #expect(database["q"] as? Int ?? 0 > 0 && database["n"] as? Int == 1)
      for secret in hosted.cht.secrets { #expect(!text.contains(secret)) }
    }
  }

  @Test func `with the engine stopped the same host is backed up from paths, and what could not be learned is said`() throws {
    try with(.small) { hosted in
      try hosted.initialise()
      try hosted.backup()
      try hosted.host.stopDaemon()
      defer { try? hosted.host.startDaemon() }
      let output = try hosted.akiba("backup")
      let restored = try hosted.resticRestore()

      #expect(output.status == 0, "\(output.standardError)")
      #expect(output.text.contains("not learned") && output.text.contains("versions"))
      #expect(output.standardError.contains("container engine cannot be asked"))
      let key = try Data(contentsOf: restored.appending(path: "tls/key.pem"))
      #expect(try key == Data(contentsOf: URL(filePath: hosted.cht.keyFile)))
    }
  }

  @Test(arguments: [CHTLayout.small, .stoppedNginx, .crashLoopingNginxWithPair, .removedNginx])
  func `who may not read the volumes gets them through the engine's archive call`(_ layout: CHTLayout) throws {
    try with(layout) { hosted in
      try hosted.initialise(user: .docker)
      let event = try hosted.backup(user: .docker)
      let restored = try hosted.resticRestore()

      #expect(try hosted.akiba("snapshots", user: .docker).status == 0)
      #expect(try hosted.run(["cat", hosted.cht.keyFile], user: .docker).status != 0, "the volume can be read, so this tests nothing")
      for (path, source) in [
        ("tls/key.pem", hosted.cht.keyFile), ("tls/cert.pem", hosted.cht.certificateFile),
        ("couchdb/couchdb@127.0.0.1/local.d/cluster-credentials.ini", hosted.cht.credentialsFile),
      ] {
        #expect(try Data(contentsOf: restored.appending(path: path)) == Data(contentsOf: URL(filePath: source)), "\(path)")
      }
      #expect(event["trusted"] as? Bool == true)
      // The container that reads a volume nobody mounts is gone again.
      #expect(try hosted.host.docker("ps", "--all", "--quiet", "--filter", "label=org.akiba.volume-reader").isEmpty)
    }
  }

  @Test func `a data folder that CouchDB no longer uses is not backed up any more`() throws {
    try with(.small) { hosted in
      try hosted.initialise()
      let other = hosted.cht.folders.couchDB + "-other"
      try hosted.host.machine.bash("cp -a '\(hosted.cht.folders.couchDB)' '\(other)'")
      let configuration = try String(contentsOfFile: hosted.configuration, encoding: .utf8)
      try configuration.replacing("data: \(hosted.cht.folders.couchDB)\n", with: "data: \(other)\n")
        .write(toFile: hosted.configuration, atomically: true, encoding: .utf8)

      let output = try hosted.akiba("backup")

      #expect(output.status == 1)
      #expect(
        output.standardError.contains("CouchDB's data are in '\(hosted.cht.folders.couchDB)', and the configuration names '\(other)'"))
    }
  }

  @Test func `a compose file that is added later, and what it mounts, is named until it is in the configuration`() throws {
    try with(.small) { hosted in
      try hosted.initialise()
      let file = hosted.host.home + "/gateway.conf"
      try "x".write(toFile: file, atomically: true, encoding: .utf8)
      try "services:\n  gateway:\n    image: busybox\n    volumes: ['\(file):/etc/gateway.conf:ro']\n"
        .write(toFile: hosted.cht.folders.compose + "/gateway.yml", atomically: true, encoding: .utf8)

      let output = try hosted.akiba("backup", "--json")
      let findings = try output.objects().filter { $0["kind"] as? String == "not-captured" }

      #expect(output.status == 0)
      #expect(findings.map { $0["file"] as? String } == [file])
    }
  }

  @Test func `a running CouchDB whose data are mounted from nowhere is no reason to back up an old folder`() throws {
    try with(.small) { hosted in
      try hosted.initialise()
      try hosted.host.docker("rm", "--force", hosted.cht.containers["couchdb"] ?? "")
      try hosted.host.docker(
        "run", "--detach", "--name", "cht-couchdb-1", "--network", "none", "--label", "com.docker.compose.project=cht", "--label",
        "com.docker.compose.service=couchdb", "public.ecr.aws/medic/cht-couchdb:5.2.0", "sleep", "1000")

      let output = try hosted.akiba("backup")

      // The image declares a volume, so that the engine makes one without a name.
      #expect(output.status == 1 && output.standardError.contains("and the configuration names '\(hosted.cht.folders.couchDB)'"))
    }
  }

  @Test func `a cluster of which a container is gone is backed up whole all the same`() throws {
    try with(.cluster) { hosted in
      try hosted.initialise()
      try hosted.host.docker("rm", "--force", hosted.cht.containers["couchdb-2.local"] ?? "")

      let output = try hosted.akiba("backup", "--json")

      #expect(!output.standardError.contains("and the configuration names"))
      // Without that corpus the harness deals one node's shards out, and the map does not fit: no data to back up whole.
      guard Corpora.large.contains("cluster-3.5") else { return }
      let event = try #require(try output.objects().last)
      #expect(event["type"] as? String == "backup" && event["files"] as? Int ?? 0 > 100)
    }
  }

  @Test func `a snapshot without its certificate is marked`() throws {
    try with(.crashLoopingNginx) { hosted in
      try hosted.initialise()
      let output = try hosted.akiba("backup", "--json")
      let event = try #require(try output.objects().last { $0["type"] as? String == "backup" })

      #expect(output.status == 3 && event["trusted"] as? Bool == false)
      #expect(output.standardError.isEmpty || !output.standardError.contains("error: unexpected"))
    }
  }

  @Test func `a volume of an added service is stored, whoever made it`() throws {
    try with(.small) { hosted in
      try hosted.host.docker("volume", "create", "caddy_data")
      try hosted.host.docker(
        "run", "--detach", "--name", "caddy", "--network", "none", "--volume", "caddy_data:/data", "--label",
        "com.docker.compose.project=cht", "--label", "com.docker.compose.service=caddy", "public.ecr.aws/medic/cht-api:5.2.0", "sh", "-c",
        "echo account > /data/acme.json; sleep 1000")
      let folder = try hosted.host.docker("volume", "inspect", "--format", "{{.Mountpoint}}", "caddy_data")
      try eventually { _ = try Data(contentsOf: URL(filePath: folder).appending(path: "acme.json")) }
      try hosted.initialise()
      try hosted.backup()

      let stored = try hosted.resticRestore().appending(path: "cht/extra\(folder)/acme.json")
      #expect(try String(contentsOf: stored, encoding: .utf8) == "account\n")
    }
  }
}
