import Foundation
import Synchronization
import TestSupport
import Testing

/// Passwords and keys show up nowhere but where they belong.
struct SecretTests {
  /// A deployment made by `init --local-d --upgrade-service`, its secrets, and everything that was ever said about it.
  private final class Watched {
    let folder: TemporaryFolder
    let configuration: String
    private(set) var said: [(arguments: [String], text: String)] = []
    private(set) var processes = ""
    private(set) var samples = 0

    init() throws {
      folder = try TemporaryFolder()
      configuration = folder.path("conf/akiba.yaml")
      try Program.run("/bin/cp", ["-a", Corpora.folder("odd-3.5.2").appending(path: "data").path, folder.path("data")])
      for (path, text) in [("local.d/docker.ini", PlantedSecrets.ini), ("upgrade/.env", PlantedSecrets.env)] {
        let file = folder.url.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
    }

    /// Runs akiba and looks at its command line and environment while it does.
    @discardableResult
    func akiba(_ arguments: [String]) throws -> Program.Output {
      let running = try Program.start(try Akiba.executable(), arguments, environment: ["AKIBA_CONFIG": configuration])
      while running.isRunning {
        for name in ["cmdline", "environ"] {
          guard let bytes = FileManager.default.contents(atPath: "/proc/\(running.identifier)/\(name)"), !bytes.isEmpty else { continue }
          processes += String(decoding: bytes, as: UTF8.self)
          samples += 1
        }
        usleep(2000)
      }
      let output = try running.wait()
      said.append((arguments, output.text + output.standardError))
      return output
    }

    /// Planted secrets, and the two passwords that init made.
    func secrets() throws -> [String] {
      try ["working.key", "recovery.key"].map {
        try String(contentsOfFile: folder.path("conf/\($0)"), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      } + [PlantedSecrets.password, PlantedSecrets.secret]
    }
  }

  @Test
  func `no secret is said, shown to other processes, or stored in plain`() throws {
    let watched = try Watched()
    let folder = watched.folder
    try watched.akiba([
      "init", "--data", folder.path("data"), "--local-d", folder.path("local.d"), "--upgrade-service", folder.path("upgrade"), "--to",
      "first=\(folder.path("repository"))", "--to", "second=\(folder.path("second"))",
    ])
    let commands: [[String]] = [
      ["init"], ["backup"], ["snapshots"], ["check", "--read-data"], ["verify", "latest"], ["verify", "--data", folder.path("data")],
      ["verify", "latest", "--answers"], ["key", "list"], ["key", "test"], ["key", "add", folder.path("conf/third.key")],
      ["restore", "latest", "--to", folder.path("restored")], ["verify", "--restored", folder.path("restored")],
      ["restore", "latest", "--dry-run"], ["restore", "latest", "--to", folder.path("restored")], ["snapshots", "--key-file", "/nowhere"],
      ["drill", "--all"], ["kit", "--out", folder.path("kit")], ["snapshots", "--kit", folder.path("kit")], ["key", "remove", "ffffffff"],
      ["backup", "--wait", "0"], ["nonsense"], ["snapshots", "--key-file", folder.path("upgrade/.env")],
    ]

    for arguments in commands { for json in [[], ["--json"]] { try watched.akiba(arguments + json) } }

    let secrets = try watched.secrets()
    try #require(secrets.count == 4 && secrets.allSatisfy { $0.count >= 20 })
    for (arguments, text) in watched.said {
      #expect(secrets.allSatisfy { !text.contains($0) }, "\(arguments)")
    }
    #expect(watched.samples > 100)
    #expect(secrets.allSatisfy { !watched.processes.contains($0) })
    // They are in the snapshot, so they must be somewhere in the repository, sealed.
    #expect(try String(contentsOfFile: folder.path("restored/cht/upgrade-service/.env"), encoding: .utf8) == PlantedSecrets.env)
    for repository in ["repository", "second"] {
      for secret in secrets { #expect(try !Self.holds(secret, below: folder.path(repository))) }
    }
    #expect(try Self.holds(PlantedSecrets.password, below: folder.path("upgrade")), "the search finds nothing at all")
    #expect(try !Self.holds(secrets[0], below: folder.path("restored")), "a key was restored")
  }

  /// As any program of the host could find it.
  private static func holds(_ secret: String, below folder: String) throws -> Bool {
    try Program.run("/usr/bin/env", ["grep", "--recursive", "--binary-files=text", "--fixed-strings", "--quiet", secret, folder]).status
      == 0
  }

  /// Under a umask that would let everybody read.
  @Test
  func `files we make are for their owner alone`() throws {
    let folder = try TemporaryFolder()
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day1").path, folder.path("data")])
    let akiba = try Akiba.executable()
    func run(_ arguments: [String]) throws {
      let output = try Program.run(
        "/bin/sh", ["-c", "umask 0; exec \"$0\" \"$@\"", akiba] + arguments,
        environment: ["AKIBA_CONFIG": folder.path("conf/deep/akiba.yaml")])
      try #require(output.status == 0, "\(output.standardError)")
    }
    try run(["init", "--data", folder.path("data"), "--to", "first=\(folder.path("repository/deep"))"])
    try run(["backup"])
    try run(["key", "add", folder.path("keys/new/third.key")])
    try run(["restore", "latest", "--to", folder.path("restored/deep")])

    for place in ["conf", "repository", "keys"] {
      let root = folder.url.appending(path: place)
      #expect(try root.permissions() == 0o700, "\(place)")
      for name in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
        let item = root.appending(path: name)
        let isFolder =
          item.resolvingSymlinksInPath().hasDirectoryPath || (try? FileManager.default.contentsOfDirectory(atPath: item.path)) != nil
        #expect(try item.permissions() == (isFolder ? 0o700 : 0o600), "\(place)/\(name)")
      }
    }
    for name in ["restored", "restored/deep", "restored/deep/akiba", "restored/deep/couchdb"] {
      #expect(try folder.url.appending(path: name).permissions() == 0o700, "\(name)")
    }
    for name in ["manifest.json", "SHA256SUMS", "RECOVERY.md"] {
      #expect(try folder.url.appending(path: "restored/deep/akiba/\(name)").permissions() == 0o600, "\(name)")
    }
    #expect(try folder.url.appending(path: "restored/deep/.akiba-restore.json").permissions() == 0o600)
  }

  /// A `.env` that only root may read stays so while it is being restored, and afterwards.
  @Test
  func `a restored secret is never readable by others`() throws {
    let deployment = try TestDeployment.withCredentials()
    let source = deployment.folder.path("upgrade/.env")
    try #require(chmod(source, 0o600) == 0)
    try deployment.backup()

    let restored = try deployment.restore()

    #expect(try restored.appending(path: "cht/upgrade-service/.env").permissions() == 0o600)
  }
}
