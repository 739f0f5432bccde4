import Foundation
import TestSupport
import Testing

/// What a configuration may say, how init writes it, and what a backup makes of a host that does not fit it.
struct ConfigurationTests {
  // MARK: Locations

  /// A deployment whose parts are all captured, at `usb`.
  private func initialized() throws -> PathHost {
    let host = try PathHost()
    try host.addGuide()
    try host.write("x", to: "certbot/file")
    let output = try host.akiba(
      "init", "--cht-dir", host.path("cht"), "--docker-root", host.path("docker"), "--extra", host.path("certbot"), "--to",
      "usb=\(host.path("usb"))")
    try #require(output.status == 0, "\(output.standardError)")
    return host
  }

  @Test(arguments: [
    "cht/compose", "cht/compose/backup", "cht/upgrade-service/a/b", "docker/volumes/clinic_cht-ssl/_data/usb",
    "docker/volumes/clinic_cht-credentials/_data/usb", "certbot/usb", "cht/couchdb/usb", "link/backup",
  ])
  func `a location inside of what is backed up is refused, with its line`(_ place: String) throws {
    let host = try initialized()
    try FileManager.default.createSymbolicLink(atPath: host.path("link"), withDestinationPath: host.path("cht/compose"))
    try host.edit(host.configuration) { $0.replacing("path: \(host.path("usb"))", with: "path: \(host.path(place))") }

    let output = try host.akiba("backup")

    #expect(output.status == 1)
    #expect(output.standardError.contains("error: line ") && output.standardError.contains("location 'usb' lies inside "))
    #expect(output.standardError.contains("hint: name a folder outside of it"), "\(output.standardError)")
  }

  @Test(arguments: ["cht/compose/backup", "cht/upgrade-service", "full"])
  func `init refuses a place for a repository before it writes anything`(_ place: String) throws {
    let host = try PathHost()
    try host.addGuide()
    try host.write("x", to: "full/file")
    let sources = ["--cht-dir", host.path("cht"), "--docker-root", host.path("docker")]
    func initialise(_ place: String) throws -> Program.Output {
      try host.akiba("init", sources[0], sources[1], sources[2], sources[3], "--to", "usb=\(host.path(place))")
    }

    let refused = try initialise(place)
    #expect(refused.status == 1 && refused.standardError.contains("\nhint: name a "), "\(refused.standardError)")
    #expect(!FileManager.default.fileExists(atPath: host.path("etc")))

    let corrected = try initialise("usb")
    #expect(corrected.status == 0, "\(corrected.standardError)")
  }

  @Test func `a repository without its key is refused before a new key is made`() throws {
    let host = try initialized()
    try FileManager.default.moveItem(atPath: host.path("etc"), toPath: host.path("kept"))
    func initialise(_ options: String...) throws -> Program.Output {
      let arguments = ["init", "--data", host.path("cht/couchdb"), "--to", "usb=\(host.path("usb"))"]
      return try Akiba.run(arguments + options, environment: ["AKIBA_CONFIG": host.configuration])
    }

    let refused = try initialise()
    #expect(refused.status == 1 && refused.standardError.contains("holds a repository already"), "\(refused.standardError)")
    #expect(!FileManager.default.fileExists(atPath: host.path("etc")))

    let keyed = try initialise("--key-file", host.path("kept/working.key"))
    #expect(keyed.status == 0, "\(keyed.standardError)")
  }

  /// As a network disk whose server is gone: not even `stat` answers well.
  @Test func `a location that cannot be looked at fails alone`() throws {
    let deployment = try TestDeployment.withCredentials(locations: ["first", "second"])
    try FileManager.default.moveItem(atPath: deployment.repositories[0], toPath: deployment.folder.path("away"))
    try FileManager.default.createSymbolicLink(atPath: deployment.repositories[0], withDestinationPath: deployment.repositories[0])

    let output = try deployment.akiba(["backup", "--json"])

    #expect(output.status == 3, "\(output.standardError)")
    #expect(output.standardError.contains("warning: location 'first' is left out"))
    #expect(try output.objects().last?["snapshot"] is String)
    #expect(try deployment.akiba(["doctor", "--json"]).finds("location-unusable", in: "first"))
  }

  /// One copy of the data has room, two have not.
  @Test(.enabled(if: Mount.isPossible, "needs root and mount"), arguments: [1, 2])
  func `what all locations on the disk of the data may take is added up`(_ locations: Int) throws {
    let host = try PathHost()
    let data = try Corpora.folder(Corpora.growth).appending(path: "day1").path
    func size(_ option: String) throws -> Int {
      try #require(Int(try Program.run("/usr/bin/env", ["du", option, data]).text.split(separator: "\t").first ?? ""))
    }
    let disk = try Mount(bytes: (size("-sk") << 10) + size("-sb") * 3 / 2, at: host.folder.url.appending(path: "disk"))
    try Program.run("/bin/cp", ["-a", data, disk.url.path + "/data"])
    let places = (1...locations).flatMap { ["--to", "l\($0)=\(disk.url.path)/l\($0)"] }
    func akiba(_ arguments: [String]) throws -> Program.Output {
      try Akiba.run(arguments, environment: ["AKIBA_CONFIG": host.configuration])
    }
    try #require(try akiba(["init", "--data", disk.url.path + "/data"] + places).status == 0)

    let output = try akiba(["backup"])

    #expect(output.status == (locations == 1 ? 0 : 1), "\(output.standardError)")
    if locations == 2 { #expect(output.standardError.contains("locations 'l1', 'l2' are on the disk of CouchDB's data")) }
  }

  // MARK: The engine

  @Test func `an environment that names an engine nobody can ask is a warning, and the paths are backed up`() throws {
    let host = try initialized()
    try host.edit(host.configuration) { $0.replacing("# docker:\n#   project: cht\n", with: "docker:\n  project: cht\n") }

    let output = try host.akiba("backup", "--json", engine: "ssh://medic:hunter2@elsewhere")
    let finding = try #require(try output.objects().first { $0["kind"] as? String == "engine-unreachable" })

    #expect(try output.objects().last?["snapshot"] is String, "\(output.standardError)")
    #expect(finding["severity"] as? String == "warning" && (finding["message"] as? String)?.contains("'ssh://…'") == true)
    #expect(!output.text.contains("hunter2") && !output.standardError.contains("hunter2"))
    let discovered = try host.akiba("discover", engine: "ssh://medic:hunter2@elsewhere")
    #expect(discovered.status == 1 && discovered.standardError.contains("DOCKER_HOST names an engine"))
  }

  @Test(arguments: ["ssh://medic:hunter2@elsewhere", "/var/run/docker.sock", "tcp://h:99999"])
  func `an engine that is no address is an error with its line`(_ engine: String) throws {
    let host = try initialized()
    try host.edit(host.configuration) {
      $0.replacing("# docker:\n#   project: cht\n", with: "docker:\n  project: cht\n  engine: \"\(engine)\"\n")
    }
    let lines = try String(contentsOfFile: host.configuration, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.firstIndex { $0.hasPrefix("  engine:") }) + 1

    let output = try host.akiba("backup")

    #expect(output.status == 1 && output.standardError.hasPrefix("error: line \(line) of "), "\(output.standardError)")
    #expect(output.standardError.contains("'engine'") && !output.standardError.contains("hunter2"))
  }

  // MARK: Writing it

  @Test(arguments: [
    "a\nb", "a\r\n b ", "tab\there", "bell\u{7}esc\u{1b}[1m", "del\u{7f}nel\u{85}ls\u{2028}bom\u{feff}", "q\"uo\\te: #'", "ĝ🦋", "\\n",
  ])
  func `a path of any characters is written so that it is read back the same`(_ name: String) throws {
    let host = try PathHost()
    try host.addData("odd-3.5.2", at: name + "/couchdb")
    try host.write("x", to: name + "/extra")

    let made = try host.akiba(
      "init", "--data", host.path("\(name)/couchdb"), "--extra", host.path("\(name)/extra"), "--to", "usb=\(host.path("\(name)/usb"))")
    try #require(made.status == 0, "\(made.standardError)")
    let backup = try host.akiba("backup", "--json")

    #expect(backup.status == 0, "\(backup.standardError)")
    #expect(FileManager.default.fileExists(atPath: host.path("\(name)/usb/config")))
  }

  /// Reasons repeat names of the host, and are comments.
  @Test func `a name with a line break does not end a comment`() throws {
    let host = try PathHost()
    let name = "cht\nlocations: []\u{1b}\u{2028}x"
    try host.addData("odd-3.5.2", at: "\(name)/couchdb")
    try host.write("services: {}\n", to: "\(name)/compose/cht-core.yml")
    try host.write("services: {}\n", to: "\(name)/docker-compose.yml")

    let made = try host.akiba("init", "--cht-dir", host.path(name), "--to", "usb=\(host.path("usb"))")
    let lines = try String(contentsOfFile: host.configuration, encoding: .utf8).split(separator: "\n")

    #expect(made.status == 0, "\(made.standardError)")
    #expect(!lines.contains("locations: []") && lines.contains { $0.contains("# lies in '") })
  }

  // MARK: Help

  @Test(arguments: ["discover", "doctor", "init"])
  func `the examples of a command's help are commands`(_ name: String) throws {
    let host = try PathHost()
    let help = try Akiba.run([name, "--help"])
    let examples = help.text.matches(of: /: (?:sudo )?akiba (.+)/).map { $0.1.split(separator: " ").map(String.init) }.filter {
      $0.first == name && !$0.contains { $0.hasPrefix("[") || $0.hasPrefix("<") }
    }
    #expect(help.status == 0 && !examples.isEmpty, "\(help.text)")

    for example in examples {
      let output = try Akiba.run(example, environment: ["AKIBA_CONFIG": host.configuration, "DOCKER_HOST": "unix:///nowhere"])
      // Nothing is there to be found; 64 would be wrong usage.
      #expect(output.status == 1, "\(example): \(output.standardError)")
    }
  }
}
