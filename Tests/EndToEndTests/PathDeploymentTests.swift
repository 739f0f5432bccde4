import Foundation
import TestSupport
import Testing

/// Deployments that are known by their paths alone: without Docker, on Kubernetes, of CHT 3.
struct PathDeploymentTests {
  private func installation(_ restored: URL) throws -> [String: Any] {
    let text = try Data(contentsOf: restored.appending(path: "akiba/manifest.json"))
    let manifest = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    return try #require(manifest["installation"] as? [String: Any])
  }

  @Test func `a CHT 3 server is captured whole and named for what it is`() throws {
    let host = try PathHost()
    try host.addData(at: "srv/storage/medic-core/couchdb/data")
    try host.write(PathHost.settings, to: "srv/settings/medic-core/couchdb/local.ini")
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
    let host = try PathHost()
    try host.addData("odd-3.5.2", at: "pvc/data")
    try host.write(PathHost.settings, to: "pvc/local.d/cluster-credentials.ini")
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
    let host = try PathHost()
    try host.addGuide()

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
    let host = try PathHost()
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
    let host = try PathHost()
    try host.addData("odd-3.5.2", at: "disk/couchdb")

    let output = try host.akiba("init", "--data", host.path("disk"), "--to", "usb=\(host.path("usb"))")

    #expect(output.status == 1)
    #expect(output.standardError.contains("did you mean '\(host.path("disk/couchdb"))'?"))
    #expect(!FileManager.default.fileExists(atPath: host.configuration))
  }

  @Test func `a bad line in .env is a finding that names the file, and the rest is found`() throws {
    let host = try PathHost()
    try host.addGuide()
    try host.edit(host.path("cht/upgrade-service/.env")) { $0 + "not a variable\n" }

    let output = try host.akiba("discover", "--json", "--cht-dir", host.path("cht"), "--docker-root", host.path("docker"))
    let finding = try #require(try output.objects().first { $0["kind"] as? String == "env-unreadable" })

    #expect(output.status == 0, "\(output.standardError)")
    #expect(finding["file"] as? String == host.path("cht/upgrade-service/.env"))
    #expect((finding["message"] as? String)?.contains("line 4") == true)
    let deployment = try #require(try output.objects().first { $0["type"] as? String == "deployment" })
    #expect((deployment["nodes"] as? [[String: String]])?.first?["data"] == host.path("cht/couchdb"))
  }

  /// Another folder that looks like data may be what was in use before.
  @Test(arguments: ["COUCHDB_DATA", "DB3_DATA"])
  func `a data folder that .env names and that is not there stops init`(_ variable: String) throws {
    let host = try PathHost()
    try host.addGuide()
    let away = host.path("disk/couchdb")
    try host.edit(host.path("cht/upgrade-service/.env")) {
      variable == "COUCHDB_DATA" ? $0.replacing("cht/couchdb", with: "disk/couchdb") : $0 + "\(variable)=\(away)\n"
    }
    let sources = ["--cht-dir", host.path("cht"), "--docker-root", host.path("docker")]

    let discovered = try Akiba.run(["discover", "--json"] + sources)
    let refused = try host.akiba("init", sources[0], sources[1], sources[2], sources[3], "--to", "usb=\(host.path("usb"))")
    let told = try host.akiba(
      "init", sources[0], sources[1], sources[2], sources[3], "--to", "usb=\(host.path("usb"))", "--data", host.path("cht/couchdb"))

    #expect(try discovered.finds("mount-differs", in: away))
    #expect(refused.status == 1 && refused.standardError.contains("error: \(variable) in '.env' is '\(away)'"), "\(refused.standardError)")
    #expect(refused.standardError.contains("'\(away)' does not exist"))
    #expect(told.status == 0, "\(told.standardError)")
  }

  @Test func `the proposed command repeats how the deployment was found`() throws {
    let host = try PathHost()
    try host.addGuide()
    let link = host.path("it's here")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: host.path("cht"))

    let output = try host.akiba("discover", "--cht-dir", link, "--docker-root", host.path("docker"))
    let unplaced = try host.akiba("init", "--cht-dir", link)

    let quoted = "'" + link.replacing("'", with: #"'\''"#) + "'"
    #expect(output.text.contains("\nnext: akiba init --cht-dir \(quoted) --docker-root \(host.path("docker")) --to NAME=FOLDER\n"))
    #expect(unplaced.status == 1 && unplaced.standardError.contains("'clinic' was found"), "\(unplaced.standardError)")
    #expect(!FileManager.default.fileExists(atPath: host.configuration))
  }

  @Test func `of several deployments each gets its command`() throws {
    let host = try PathHost()
    for name in ["one", "two"] {
      try host.addGuide(project: name)
      try FileManager.default.createDirectory(atPath: host.path("all"), withIntermediateDirectories: true)
      try host.edit(host.path("cht/upgrade-service/.env")) { $0.replacing("/cht/couchdb", with: "/all/\(name)/couchdb") }
      try FileManager.default.moveItem(atPath: host.path("cht"), toPath: host.path("all/\(name)"))
    }

    let output = try host.akiba("discover", "--cht-dir", host.path("all"))

    for name in ["one", "two"] {
      let command = "next: akiba init --project \(name) --config /etc/akiba/\(name).yaml --cht-dir \(host.path("all")) --to NAME=FOLDER\n"
      #expect(output.text.contains(command), "\(output.text)")
    }
  }
}
