import Foundation
import TestSupport
import Testing

/// `akiba kit` makes a folder for the day on which this host is gone, and says when it is out of date.
struct KitTests {
  private func key(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
  }

  private func kitLine(_ deployment: TestDeployment) throws -> (String, Int32) {
    let output = try deployment.akiba(["status"])
    return (try #require(output.text.split(separator: "\n").last { $0.hasPrefix("kit: ") }.map(String.init)), output.status)
  }

  @Test func `a kit is for its owner alone, has the key in all three files, and says it nowhere else`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    let folder = deployment.folder.path("kits/kit")
    let output = try Program.run(
      "/bin/sh", ["-c", "umask 0; exec \"$0\" \"$@\"", try Akiba.executable(), "kit", "--out", folder, "--json"],
      environment: ["AKIBA_CONFIG": deployment.configuration])

    #expect(output.status == 0, "\(output.standardError)")
    let url = URL(filePath: folder)
    #expect(try url.permissions() == 0o700)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["kit.html", "kit.md", "kit.yaml"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: deployment.folder.path("kits")) == ["kit"], "something unfinished")
    let password = try key(deployment.recoveryKey)
    for name in ["kit.html", "kit.md", "kit.yaml"] {
      #expect(try url.appending(path: name).permissions() == 0o600)
      #expect(try String(contentsOf: url.appending(path: name), encoding: .utf8).contains(password), "\(name)")
    }
    #expect(!output.text.contains(password) && !output.standardError.contains(password))
    #expect(try !String(contentsOf: url.appending(path: "kit.html"), encoding: .utf8).contains("<script"))
    let event = try #require(output.objects().last)
    #expect((event["locations"] as? [[String: Any]])?.allSatisfy { $0["opened"] as? Bool == true } == true)
  }

  @Test func `the recovery key is needed, and has to open the repository`() throws {
    let deployment = try TestDeployment.growth()
    let folder = deployment.folder.path("kit")
    func refuse(_ arguments: [String], _ words: String, status: Int32 = 1) throws {
      let output = try deployment.akiba(["kit", "--out", folder] + arguments)
      #expect(
        output.status == status && output.standardError.contains(words) && output.standardError.contains("hint: "),
        "\(output.standardError)")
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
    let safe = deployment.folder.path("safe.key")
    try refuse(["--recovery-key", deployment.workingKey], "is the working key")
    try FileManager.default.moveItem(atPath: deployment.recoveryKey, toPath: safe)
    try refuse([], "--recovery-key FILE")
    try refuse(["--recovery-key", deployment.folder.path("nowhere")], "does not exist")
    try "aaaaa-aaaaa\n".write(toFile: deployment.folder.path("other.key"), atomically: true, encoding: .utf8)
    try refuse(["--recovery-key", deployment.folder.path("other.key")], "no key opens repository", status: 12)

    #expect(try deployment.akiba(["kit", "--out", folder, "--recovery-key", safe]).status == 0)
  }

  @Test func `a location that cannot be opened is named, also on the page`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: deployment.folder.path("away"))

    let kit = try MadeKit(of: deployment, status: 3)

    for name in ["kit.md", "kit.html"] { #expect(try kit.text(name).contains("it could not be opened"), "\(name)") }
    #expect(try kit.text("kit.yaml").contains("not-opened: "))
  }

  @Test func `a folder with other things in it is refused; a kit of this deployment is replaced, and what else lies there stays`() throws {
    let deployment = try TestDeployment.growth()
    let other = try TestDeployment.growth()
    try other.editConfiguration { $0.replacing("deployment: cht", with: "deployment: neighbour") }
    let folder = deployment.folder.url.appending(path: "kit")
    func make(_ from: TestDeployment, _ arguments: [String] = []) throws -> Program.Output {
      try from.akiba(["kit", "--out", folder.path] + arguments)
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let note = folder.appending(path: "note.txt")
    try Data("ours".utf8).write(to: note)
    #expect(try make(deployment).standardError.contains("is not empty and holds no kit"))
    try FileManager.default.removeItem(at: note)

    #expect(try make(other).status == 0)
    try Data("ours".utf8).write(to: note)
    #expect(try make(deployment).standardError.contains("another deployment, 'neighbour'"))
    #expect(try make(deployment, ["--force"]).status == 0)
    #expect(try make(deployment).status == 0)

    #expect(try String(contentsOf: folder.appending(path: "kit.yaml"), encoding: .utf8).contains("deployment: cht"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["kit.html", "kit.md", "kit.yaml", "note.txt"])
    #expect(try String(contentsOf: note, encoding: .utf8) == "ours")
    #expect(try FileManager.default.contentsOfDirectory(atPath: deployment.folder.url.path).allSatisfy { !$0.hasPrefix(".") })
    try Data("kit: [".utf8).write(to: folder.appending(path: "kit.yaml"))
    #expect(try make(deployment).standardError.contains("--force"))
  }

  @Test func `status and doctor say that there is no kit, or a stale one, and end as they did`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let (none, before) = try kitLine(deployment)
    #expect(none.contains("none was made") && none.contains("akiba kit --config"))
    #expect(try deployment.akiba(["doctor"]).text.contains("--  kit"))

    _ = try MadeKit(of: deployment)
    #expect(try kitLine(deployment).0.contains("it says how things are now"))
    #expect(try deployment.akiba(["doctor"]).text.contains("ok  kit"))
    try deployment.backup()
    #expect(try deployment.akiba(["status", "--json"]).objects().last?["kit"] as? String == "current")

    try deployment.editConfiguration { $0 + "  - name: more\n    path: \(deployment.folder.path("more"))\n" }
    let (stale, after) = try kitLine(deployment)
    #expect(stale.contains("STALE") && before == after, "\(stale)")
    #expect(try deployment.akiba(["status", "--json"]).objects().last?["kit"] as? String == "stale")
    let key = try #require(
      deployment.akiba(["key", "list", "--json"]).objects().first { $0["in_use"] as? Bool == false }?["id"] as? String)
    try deployment.editConfiguration { $0.replacing("  - name: more\n    path: \(deployment.folder.path("more"))\n", with: "") }
    #expect(try kitLine(deployment).0.contains("it says how things are now"))
    #expect(try deployment.akiba(["key", "remove", key]).standardError.contains("akiba kit"))
    #expect(try kitLine(deployment).0.contains("STALE"))
  }

  @Test func `commands that read need nothing but the kit`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    let snapshot = try #require(try deployment.backup()["snapshot"] as? String)
    let kit = try MadeKit(of: deployment)
    for arguments in [["--kit", kit.path], ["--kit", "\(kit.path)/kit.yaml", "--location", "second"]] {
      let listed = try kit.akiba(["snapshots", "--json"] + arguments)
      #expect(try listed.objects().last?["id"] as? String == snapshot, "\(listed.standardError)")
      #expect(listed.standardError.contains("using location 'first'") == !arguments.contains("--location"))
    }
    let moved = deployment.folder.path("moved")
    try FileManager.default.moveItem(atPath: deployment.repositories[0], toPath: moved)
    let commands = [
      ["check", "--read-data"], ["verify", "latest"], ["key", "list"], ["restore", "latest", "--to", kit.folder.path("restored")],
    ]
    for command in commands {
      let output = try kit.akiba(command + ["--kit", kit.path])
      #expect(output.status == 0 && output.standardError.contains("using location 'second'"), "\(command): \(output.standardError)")
    }
    #expect(try kit.akiba(["verify", "--restored", kit.folder.path("restored")]).status == 0)
    #expect(try kit.akiba(["snapshots", "--kit", kit.path, "--repository", moved]).status == 0)
    #expect(try kit.akiba(["snapshots", "--kit", kit.path, "--location", "third"]).standardError.contains("it has: first, second"))
    let stranger = try TestDeployment.growth()
    try Data(contentsOf: URL(filePath: "\(kit.path)/kit.yaml")).write(to: kit.folder.url.appending(path: "kit.yaml"))
    #expect(try kit.akiba(["snapshots", "--kit", kit.path, "--repository", stranger.repositories[0]]).status == 12)
    try FileManager.default.removeItem(atPath: deployment.repositories[1])
    let lost = try kit.akiba(["snapshots", "--kit", kit.path])
    #expect(lost.status == 1 && lost.standardError.contains("no location of the kit can be used"), "\(lost.standardError)")
    for arguments in [["--accept", "latest"], ["--key-file", "x"], ["--config", "x"]] {
      #expect(try kit.akiba(["snapshots", "--kit", kit.path] + arguments).status == 64, "\(arguments)")
    }
  }
}
