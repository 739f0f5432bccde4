import Foundation
import TestSupport
import Testing

/// `restore --part`: everything but the databases, or one thing of it.
struct PartTests {
  private static let password = "Mombasa-Planted-Password-0815"
  private let host: PathHost

  init() throws {
    host = try PathHost()
    try host.addGuide()
    try host.edit(host.path("cht/upgrade-service/.env")) { $0 + "COUCHDB_PASSWORD=\(Self.password)\n" }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: host.path("cht/upgrade-service/.env"))
    for arguments in [
      ["init", "--cht-dir", host.path("cht"), "--docker-root", host.path("docker"), "--to", "usb=\(host.path("usb"))"], ["backup"],
    ] {
      let output = try akiba(arguments)
      try #require(output.status == 0, "\(arguments): \(output.standardError)")
    }
  }

  private func akiba(_ arguments: [String]) throws -> Program.Output {
    try Akiba.run(arguments, environment: ["AKIBA_CONFIG": host.configuration, "DOCKER_HOST": "unix:///nowhere"])
  }

  /// Restores, proves, and finds the password in nothing that was said.
  ///
  /// - Returns: the restored files but those a backup writes about itself.
  private func restore(_ arguments: [String]) throws -> (folder: URL, files: Set<String>) {
    let target = URL(filePath: host.path("restored-\(UUID().uuidString.prefix(8))"))
    let output = try akiba(["restore", "latest", "--to", target.path] + arguments)
    try #require(output.status == 0, "\(arguments): \(output.standardError)")
    let proof = try akiba(["verify", "--restored", target.path])
    #expect(proof.status == 0, "\(arguments): \(proof.text)\(proof.standardError)")
    #expect(!(output.text + output.standardError + proof.text + proof.standardError).contains(Self.password))
    return (target, Set(try target.filesBelow().filter { !$0.hasPrefix("akiba/") && $0 != ".akiba-restore.json" }))
  }

  private let settings = "couchdb/couchdb@127.0.0.1/local.d/cluster-credentials.ini"
  private let environment = "cht/upgrade-service/.env"

  @Test func `the environment is its file alone, still for its owner only`() throws {
    let restored = try restore(["--part", "environment"])

    #expect(restored.files == [environment])
    try host.expectSame(restored.folder, [(environment, environment)])
    #expect(try restored.folder.appending(path: environment).permissions() == 0o600)
    #expect(try restored.folder.permissions() == 0o700)
  }

  @Test func `certificates are the pair`() throws {
    let restored = try restore(["--part", "certificates"])

    #expect(restored.files == ["tls/cert.pem", "tls/key.pem"])
  }

  @Test func `the configuration is everything but CouchDB's data`() throws {
    let restored = try restore(["--part", "configuration"])

    #expect(
      restored.files == [
        settings, environment, "cht/upgrade-service/docker-compose.yml", "cht/compose/cht-couchdb.yml", "tls/cert.pem", "tls/key.pem",
      ])
    try host.expectSame(
      restored.folder, [(settings, "docker/volumes/clinic_cht-credentials/_data/cluster-credentials.ini"), (environment, environment)])
  }

  @Test func `parts, paths and databases add up`() throws {
    let restored = try restore(
      ["--part", "environment", "--part", "certificates", "--path", "cht/compose", "--database", "odd-part"])

    #expect(restored.files.isSuperset(of: [environment, "tls/cert.pem", "tls/key.pem", "cht/compose/cht-couchdb.yml"]))
    let data = restored.files.filter { $0.hasPrefix("couchdb/") }
    #expect(data.count == 6 && data.allSatisfy { $0.contains("/odd-part.") }, "\(data)")
    #expect(!restored.files.contains("cht/upgrade-service/docker-compose.yml"))
  }

  /// Its ids hash by what stands before their colon; the map that says so is not restored with it.
  @Test func `a partitioned database alone is proven`() throws {
    let restored = try restore(["--database", "odd-part"])

    #expect(!restored.files.contains { $0.hasSuffix("_dbs.couch") })
  }

  @Test func `an interrupted restore of parts goes on with the same ones only`() throws {
    let target = host.path("interrupted")
    #expect(try akiba(["restore", "latest", "--part", "environment", "--to", target]).status == 0)
    let marker = target + "/.akiba-restore.json"
    try host.edit(marker) { $0.replacing("\"complete\":true", with: "\"complete\":false") }

    let other = try akiba(["restore", "latest", "--part", "certificates", "--to", target])
    let same = try akiba(["restore", "latest", "--part", "environment", "--to", target])

    #expect(other.status == 1 && other.standardError.contains("already holds"), "\(other.standardError)")
    #expect(same.status == 0 && same.text.contains("going on where it had stopped"), "\(same.standardError)")
  }

  @Test func `a part that is none, or that the snapshot does not have, is refused`() throws {
    let unknown = try akiba(["restore", "latest", "--part", "secrets", "--to", host.path("x")])
    #expect(unknown.status == 64 && unknown.standardError.contains("configuration, certificates, environment"))
    let whole = try akiba(["restore", "latest", "--deployment", "--part", "environment"])
    #expect(
      whole.status == 64 && whole.standardError.contains("leave out") && whole.standardError.contains("--part"), "\(whole.standardError)")

    let bare = try TestDeployment.growth()
    try bare.backup()
    for (part, words) in [("environment", "no '.env'"), ("certificates", "certificate"), ("configuration", "no compose file")] {
      let output = try bare.akiba(["restore", "latest", "--part", part, "--to", bare.folder.path("x")])
      #expect(output.status == 1 && output.standardError.contains(words), "\(part): \(output.standardError)")
      #expect(output.standardError.contains("hint: see what it has: 'akiba restore"), "\(part): \(output.standardError)")
    }
    #expect(!FileManager.default.fileExists(atPath: bare.folder.path("x")), "a refused restore left a folder")
  }
}
