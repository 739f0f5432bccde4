import Foundation
import TestSupport
import Testing

/// Deployments that are known by their paths alone: without Docker, on Kubernetes, of CHT 3.
struct PathDeploymentTests {
  /// A host's folders, and an akiba that never asks an engine.
  private struct Host {
    let folder: TemporaryFolder
    let configuration: String

    init() throws {
      folder = try TemporaryFolder()
      configuration = folder.path("etc/akiba.yaml")
    }

    func path(_ path: String) -> String { folder.path(path) }

    func write(_ text: String, to path: String) throws {
      let file = URL(filePath: self.path(path))
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }

    func addData(_ corpus: String = "odd-3.3", at path: String) throws {
      let target = URL(filePath: self.path(path))
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Program.run("/bin/cp", ["-a", Corpora.folder(corpus).appending(path: "data").path, target.path])
    }

    /// A pair as nginx has it.
    func addPair(_ certificate: String, _ key: String) throws {
      for path in [certificate, key] { try write("", to: path) }
      let made = try Program.run(
        "/usr/bin/openssl",
        [
          "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "90", "-subj", "/CN=cht.example.org", "-keyout", path(key), "-out",
          path(certificate),
        ])
      try #require(made.status == 0, "\(made.standardError)")
    }

    func akiba(_ arguments: String...) throws -> Program.Output {
      let nowhere = "unix://" + path("no-engine.sock")
      return try Akiba.run(arguments, environment: ["AKIBA_CONFIG": configuration, "DOCKER_HOST": nowhere])
    }

    /// Init from the folder, backup, restore, proof.
    ///
    /// - Returns: the restored folder.
    func roundTrip(_ place: String, options: [String] = []) throws -> URL {
      let target = path("restored")
      for arguments in [
        ["init", "--cht-dir", path(place), "--to", "usb=\(path("usb"))"] + options, ["backup"], ["restore", "latest", "--to", target],
        ["verify", "--restored", target],
      ] {
        let output = try Akiba.run(arguments, environment: ["AKIBA_CONFIG": configuration, "DOCKER_HOST": "unix:///nowhere"])
        try #require(output.status == 0, "\(arguments): \(output.text)\(output.standardError)")
      }
      return URL(filePath: target)
    }

    func expectSame(_ restored: URL, _ pairs: [(String, String)]) throws {
      for (place, source) in pairs {
        #expect(try Data(contentsOf: restored.appending(path: place)) == Data(contentsOf: URL(filePath: path(source))), "\(place)")
      }
    }
  }

  private static let settings = "[couchdb]\nuuid = 0123456789abcdef\n[couch_httpd_auth]\nsecret = correct-horse-battery-staple\n"

  private func installation(_ restored: URL) throws -> [String: Any] {
    let text = try Data(contentsOf: restored.appending(path: "akiba/manifest.json"))
    let manifest = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    return try #require(manifest["installation"] as? [String: Any])
  }

  @Test func `a CHT 3 server is captured whole and named for what it is`() throws {
    let host = try Host()
    try host.addData(at: "srv/storage/medic-core/couchdb/data")
    try host.write(Self.settings, to: "srv/settings/medic-core/couchdb/local.ini")
    try host.addPair("srv/settings/medic-core/nginx/private/default.crt", "srv/settings/medic-core/nginx/private/default.key")
    try host.write("hash", to: "srv/storage/medic-core/passwd/admin")

    let restored = try host.roundTrip("srv")
    let found = try installation(restored)

    try host.expectSame(
      restored,
      [
        ("couchdb/couchdb@127.0.0.1/local.ini", "srv/settings/medic-core/couchdb/local.ini"),
        ("tls/default.key", "srv/settings/medic-core/nginx/private/default.key"),
        ("tls/default.crt", "srv/settings/medic-core/nginx/private/default.crt"),
        ("cht/extra\(host.path("srv/storage/medic-core/passwd"))/admin", "srv/storage/medic-core/passwd/admin"),
      ])
    #expect(found["kind"] as? String == "medic-os")
    #expect((found["certificate"] as? [String: Any])?["key_matches"] as? Bool == true)
    #expect((found["credentials"] as? [String: Any])?["uuid"] as? String == "0123456789abcdef")
  }

  @Test func `a Kubernetes volume is captured, its search indexes beside the shards left out and listed`() throws {
    let host = try Host()
    try host.addData("odd-3.5.2", at: "pvc/data")
    try host.write(Self.settings, to: "pvc/local.d/cluster-credentials.ini")
    try host.write("lucene", to: "pvc/data/couchdb@127.0.0.1/shards/00000000-7fffffff/medic.1700000000/abc/segments_1")

    let restored = try host.roundTrip("pvc")
    let found = try installation(restored)

    try host.expectSame(
      restored, [("couchdb/couchdb@127.0.0.1/local.d/cluster-credentials.ini", "pvc/local.d/cluster-credentials.ini")])
    #expect(found["kind"] as? String == "kubernetes-volume")
    #expect(
      !FileManager.default.fileExists(atPath: restored.appending(path: "couchdb/couchdb@127.0.0.1/data/couchdb@127.0.0.1").path))
    let manifest = try String(contentsOf: restored.appending(path: "akiba/manifest.json"), encoding: .utf8)
    #expect(manifest.contains("search index"))
  }

  @Test func `the guide's folder is found without an engine, volumes included, and what is not known is said`() throws {
    let host = try Host()
    try host.addData("odd-3.5.2", at: "cht/couchdb")
    try host.write("services:\n  couchdb:\n    image: x\n", to: "cht/compose/cht-couchdb.yml")
    try host.write("services: {}\n", to: "cht/upgrade-service/docker-compose.yml")
    try host.write(
      "CHT_COMPOSE_PROJECT_NAME=clinic\nCOUCHDB_DATA=\(host.path("cht/couchdb"))\nCHT_COMPOSE_PATH=\(host.path("cht/compose"))\n",
      to: "cht/upgrade-service/.env")
    try host.write(Self.settings, to: "docker/volumes/clinic_cht-credentials/_data/cluster-credentials.ini")
    try host.addPair("docker/volumes/clinic_cht-ssl/_data/cert.pem", "docker/volumes/clinic_cht-ssl/_data/key.pem")

    let discovered = try host.akiba("discover", "--cht-dir", host.path("cht"), "--docker-root", host.path("docker"))
    let restored = try host.roundTrip("cht", options: ["--docker-root", host.path("docker")])

    #expect(discovered.status == 0 && discovered.text.hasPrefix("clinic: ") && discovered.text.contains("not learned  versions"))
    #expect(!discovered.text.contains("correct-horse"))
    try host.expectSame(
      restored,
      [
        ("cht/upgrade-service/.env", "cht/upgrade-service/.env"), ("cht/compose/cht-couchdb.yml", "cht/compose/cht-couchdb.yml"),
        ("tls/key.pem", "docker/volumes/clinic_cht-ssl/_data/key.pem"),
      ])
  }

  @Test func `with everything in one folder each part is stored once, and old backups beside it are not`() throws {
    let host = try Host()
    try host.addData("odd-3.5.2", at: "cht/couchdb")
    try host.write("services: {}\n", to: "cht/compose/cht-core.yml")
    try host.write("services: {}\n", to: "cht/docker-compose.yml")
    try host.write("COUCHDB_DATA=\(host.path("cht/couchdb"))\n", to: "cht/.env")
    try host.write("old", to: "cht/backup/old.tar")

    let made = try host.akiba(
      "init", "--data", host.path("cht/couchdb"), "--compose", host.path("cht/compose"), "--upgrade-service", host.path("cht"), "--to",
      "usb=\(host.path("usb"))")
    let backup = try host.akiba("backup", "--json")
    let restored = host.path("restored")
    let output = try host.akiba("restore", "latest", "--to", restored)
    let leftOut = try #require(try backup.objects().last?["left_out"] as? [[String: String]])

    #expect(made.standardError.contains("not named: the credentials volume (--local-d), the certificate (--tls)"))
    #expect(made.status == 0 && backup.status == 0 && output.status == 0, "\(backup.standardError)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: restored + "/cht/upgrade-service").sorted() == [".env", "docker-compose.yml"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: restored + "/cht/compose") == ["cht-core.yml"])
    #expect(leftOut.contains { $0["path"] == "cht/upgrade-service/backup" })
    #expect(
      leftOut.contains { $0["path"] == "cht/upgrade-service/couchdb" && $0["reason"]?.contains("couchdb/couchdb@127.0.0.1/data") == true })
  }

  @Test func `one level too high is not backed up as an empty deployment`() throws {
    let host = try Host()
    try host.addData("odd-3.5.2", at: "disk/couchdb")

    let output = try host.akiba("init", "--data", host.path("disk"), "--to", "usb=\(host.path("usb"))")

    #expect(output.status == 1)
    #expect(output.standardError.contains("did you mean '\(host.path("disk/couchdb"))'?"))
    #expect(!FileManager.default.fileExists(atPath: host.configuration))
  }
}
