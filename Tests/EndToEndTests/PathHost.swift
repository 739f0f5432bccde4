import Foundation
import TestSupport
import Testing

/// A host's folders, and an akiba that never asks an engine.
struct PathHost {
  static let settings = "[couchdb]\nuuid = 0123456789abcdef\n[couch_httpd_auth]\nsecret = correct-horse-battery-staple\n"

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

  func akiba(_ arguments: String..., engine: String = "unix:///nowhere") throws -> Program.Output {
    try Akiba.run(arguments, environment: ["AKIBA_CONFIG": configuration, "DOCKER_HOST": engine])
  }

  /// The guide's folder at `cht`, with both volumes below `docker`.
  func addGuide(project: String = "clinic") throws {
    try addData("odd-3.5.2", at: "cht/couchdb")
    try write("services:\n  couchdb:\n    image: x\n", to: "cht/compose/cht-couchdb.yml")
    try write("services: {}\n", to: "cht/upgrade-service/docker-compose.yml")
    try write(
      "CHT_COMPOSE_PROJECT_NAME=\(project)\nCOUCHDB_DATA=\(path("cht/couchdb"))\nCHT_COMPOSE_PATH=\(path("cht/compose"))\n",
      to: "cht/upgrade-service/.env")
    try write(Self.settings, to: "docker/volumes/\(project)_cht-credentials/_data/cluster-credentials.ini")
    try addPair("docker/volumes/\(project)_cht-ssl/_data/cert.pem", "docker/volumes/\(project)_cht-ssl/_data/key.pem")
  }

  func edit(_ file: String, _ change: (String) -> String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let changed = change(text)
    try #require(changed != text, "nothing was changed in \(text)")
    try Data(changed.utf8).write(to: URL(filePath: file))
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
