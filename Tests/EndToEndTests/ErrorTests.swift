import Foundation
import TestSupport
import Testing

/// What goes wrong in the field: each is a clear error with a hint and the right exit code, and the repository stays whole.
struct ErrorTests {
  // MARK: Sources and keys

  struct Mistake: CustomTestStringConvertible {
    let name: String
    let status: Int32
    let words: [String]
    var commands: [[String]] = [["backup"]]
    let make: @Sendable (TestDeployment) throws -> Void
    var testDescription: String { name }
  }

  private static let reading = [["snapshots"], ["check"], ["verify", "latest"], ["restore", "latest", "--dry-run"]]

  static let mistakes: [Mistake] = [
    .init(name: "wrong password", status: 12, words: ["no key opens"], commands: [["backup"], ["key", "list"]] + reading) {
      try Data("not the password\n".utf8).write(to: URL(filePath: $0.workingKey))
    },
    .init(name: "no key file", status: 1, words: ["working.key", "does not exist"], commands: [["backup"]] + reading) {
      try FileManager.default.removeItem(atPath: $0.workingKey)
    },
    .init(name: "empty key file", status: 1, words: ["working.key", "empty"], commands: [["backup"]] + reading) {
      try Data().write(to: URL(filePath: $0.workingKey))
    },
    .init(name: "no repository", status: 10, words: ["repository-first"], commands: [["backup"]] + reading) {
      try FileManager.default.removeItem(at: $0.repository)
    },
    .init(name: "an empty folder for a repository", status: 10, words: ["repository-first"], commands: [["backup"]] + reading) {
      try FileManager.default.removeItem(at: $0.repository)
      try FileManager.default.createDirectory(at: $0.repository, withIntermediateDirectories: false)
    },
    .init(name: "a file for a repository", status: 10, words: ["repository-first"]) {
      try FileManager.default.removeItem(at: $0.repository)
      try Data("x".utf8).write(to: $0.repository)
    },
    .init(name: "no data folder", status: 1, words: ["/data' does not exist"]) { try FileManager.default.removeItem(at: $0.data[0]) },
    .init(name: "empty data folder", status: 1, words: ["/data' is empty", "/opt/couchdb/data"]) {
      try FileManager.default.removeItem(at: $0.data[0])
      try FileManager.default.createDirectory(at: $0.data[0], withIntermediateDirectories: false)
    },
    .init(name: "data folder a file", status: 1, words: ["/data' is not a folder"]) {
      try FileManager.default.removeItem(at: $0.data[0])
      try Data("x".utf8).write(to: $0.data[0])
    },
    .init(name: "one level too high", status: 1, words: ["did you mean", "/data/inner'"]) {
      let inner = $0.folder.url.appending(path: "inner")
      try FileManager.default.moveItem(at: $0.data[0], to: inner)
      try FileManager.default.createDirectory(at: $0.data[0], withIntermediateDirectories: false)
      try FileManager.default.moveItem(at: inner, to: $0.data[0].appending(path: "inner"))
    },
    .init(name: "one level too low", status: 1, words: ["did you mean"]) { deployment in
      try deployment.editConfiguration {
        $0.replacing("data: \(deployment.data[0].path)\n", with: "data: \(deployment.data[0].path)/shards\n")
      }
    },
    .init(name: "no configuration", status: 1, words: ["akiba.yaml", "not found", "akiba init"]) {
      try FileManager.default.removeItem(atPath: $0.configuration)
    },
    .init(
      name: "no such snapshot", status: 1, words: ["ffffffff"],
      commands: [["restore", "ffffffff", "--to", "/tmp/none"], ["verify", "ffffffff"]]
    ) { _ in },
    .init(name: "no such location", status: 1, words: ["no location 'moon'", "first"], commands: [["snapshots", "--location", "moon"]]) {
      _ in
    },
  ]

  @Test(arguments: mistakes)
  func `a mistake is a clear error with a hint and its exit code, in words and in JSON`(_ mistake: Mistake) throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let digest = try deployment.repositoryListing()
    try mistake.make(deployment)

    for command in mistake.commands {
      let output = try deployment.shieldedAkiba(command)
      let json = try deployment.shieldedAkiba(command + ["--json"])

      #expect(output.status == mistake.status, "\(command): \(output.standardError)")
      #expect(output.standardError.hasPrefix("error: ") && output.standardError.contains("\nhint: "), "\(command): \(output.standardError)")
      for word in mistake.words { #expect(output.standardError.contains(word), "\(command): \(output.standardError)") }
      #expect(try json.errorEvent()?["code"] as? Int == Int(mistake.status), "\(command): \(json.text)")
      #expect(try (json.errorEvent()?["hints"] as? [String])?.isEmpty == false, "\(command): \(json.text)")
    }
    if FileManager.default.fileExists(atPath: deployment.repositories[0] + "/config") {
      #expect(try deployment.repositoryListing() == digest, "the repository changed")
    }
  }

  @Test(arguments: [
    ["backup", "--nonsense"], ["nonsense"], ["restore", "latest"], ["check", "--read-data-subset", "9/3"],
    ["verify", "--data", "/a", "--restored", "/b"],
  ])
  func `wrong usage is 64`(_ arguments: [String]) throws {
    let output = try Akiba.run(arguments)
    #expect(output.status == 64 && !output.standardError.isEmpty, "\(output.standardError)")
  }

  /// One that is not there: root, too, cannot read it. A link that leads to itself beside it is stored as the link it is.
  @Test
  func `a source file that cannot be read is named, the rest is stored, and the snapshot is marked`() throws {
    let deployment = try TestDeployment.withCredentials()
    try FileManager.default.createSymbolicLink(atPath: deployment.folder.path("upgrade/loop"), withDestinationPath: "loop")
    try deployment.editConfiguration { $0.replacing("extra: []", with: "extra: [\(deployment.folder.path("nowhere.txt"))]") }

    let output = try deployment.akiba(["backup", "--json"])

    #expect(output.status == 3)
    #expect(try output.finds("unreadable", in: "nowhere.txt"), "\(output.text)")
    #expect(try deployment.storedPaths().contains("cht/upgrade-service/.env"))
    try deployment.expectResticFindsNoErrors()
  }

  @Test(.enabled(if: geteuid() == 0, "needs root to become another user"))
  func `a shard that the user may not read fails the backup and names it`() throws {
    let deployment = try TestDeployment.growth()
    let shard = try deployment.data[0].shard(of: "medic")
    try Program.run("/bin/chmod", ["-R", "a+rwX", deployment.folder.path])
    try #require(chmod(shard.path, 0o600) == 0)
    let akiba = deployment.folder.path("akiba-copy")
    try FileManager.default.copyItem(atPath: try Akiba.executable(), toPath: akiba)
    try Program.run("/bin/chmod", ["a+rx", akiba])

    let output = try Program.run(
      "/usr/bin/env",
      ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", akiba, "backup", "--config", deployment.configuration])

    #expect(output.status == 1, "\(output.standardError)")
    #expect(output.standardError.contains(shard.lastPathComponent) && output.standardError.contains("hint:"), "\(output.standardError)")
    #expect(output.standardError.lowercased().contains("permission"), "the reason is missing: \(output.standardError)")
    #expect(try deployment.snapshots().isEmpty)
  }

  // MARK: Configuration

  struct BadConfiguration: CustomTestStringConvertible {
    let name: String
    /// What the error says, and a text that stands on the line it names.
    let words: String
    let line: String?
    let edit: @Sendable (String, TestDeployment) -> String
    var testDescription: String { name }
  }

  static let badConfigurations: [BadConfiguration] = [
    .init(name: "unknown key", words: "unknown key 'datas'", line: "datas:") { text, _ in text.replacing("- data:", with: "- datas:") },
    .init(name: "unknown key at the top", words: "unknown key 'extras'", line: "extras:") { text, _ in text + "\nextras: 1\n" },
    .init(name: "missing key", words: "'deployment' is missing", line: nil) { text, _ in text.replacing("deployment: cht", with: "") },
    .init(name: "missing path of a location", words: "'path' is missing", line: "- name: first") { text, deployment in
      text.replacing("    path: \(deployment.repositories[0])\n", with: "")
    },
    .init(name: "not YAML", words: "not YAML", line: "nodes: [") { text, _ in text.replacing("nodes:\n", with: "nodes: [\n") },
    .init(name: "tabs", words: "not YAML", line: "\t- data") { text, _ in text.replacing("  - data", with: "\t- data") },
    .init(name: "a list for a text", words: "'deployment' has to be a text", line: "deployment:") { text, _ in
      text.replacing("deployment: cht", with: "deployment: [cht]")
    },
    .init(name: "relative path", words: "absolute path", line: "path: relative") { text, deployment in
      text.replacing("path: \(deployment.repositories[0])", with: "path: relative")
    },
    .init(name: "location inside the data folder", words: "inside the data folder", line: "/data/backup") { text, deployment in
      text.replacing("path: \(deployment.repositories[0])", with: "path: \(deployment.data[0].path)/backup")
    },
    .init(name: "two locations in one folder", words: "two locations are in", line: "name: again") { text, deployment in
      text.replacing(
        "    path: \(deployment.repositories[0])\n",
        with: "    path: \(deployment.repositories[0])\n  - name: again\n    path: \(deployment.repositories[0])\n")
    },
    .init(name: "two locations of one name", words: "two locations are named", line: "/other") { text, deployment in
      text.replacing(
        "    path: \(deployment.repositories[0])\n", with: "    path: \(deployment.repositories[0])\n  - name: first\n    path: /other\n")
    },
    .init(name: "unknown choice", words: "'indexes' is 'sometimes'", line: "indexes:") { text, _ in
      text.replacing("indexes: keep", with: "indexes: sometimes")
    },
    .init(name: "no locations", words: "'locations' needs", line: nil) { text, _ in
      String(text[..<(text.range(of: "locations:\n")?.lowerBound ?? text.endIndex)])
    },
    .init(name: "empty", words: "empty", line: nil) { _, _ in "" },
    .init(name: "a text only", words: "key: value", line: nil) { _, _ in "hello\n" },
    .init(name: "the same key twice", words: "deployment", line: nil) { text, _ in text + "\ndeployment: other\n" },
  ]

  @Test(arguments: badConfigurations)
  func `a mistake in the configuration is named with file and line`(_ bad: BadConfiguration) throws {
    let deployment = try TestDeployment.growth()
    try deployment.editConfiguration { bad.edit($0, deployment) }

    let output = try deployment.shieldedAkiba(["backup"])

    #expect(output.status == 1)
    #expect(output.standardError.contains(bad.words) && output.standardError.contains(deployment.configuration), "\(output.standardError)")
    if let wanted = bad.line {
      let lines = try String(contentsOfFile: deployment.configuration, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      let number = output.standardError.firstMatch(of: /line (\d+) of/).flatMap { Int($0.1) }
      // A parser may notice a thing one line later, or name the first line of the item.
      let near = number.map { lines[max(0, $0 - 2)...min(lines.count - 1, $0)].contains { $0.contains(wanted) } }
      #expect(near == true, "line \(number.map(String.init) ?? "none") is not the one with '\(wanted)': \(output.standardError)")
    }
    #expect(!FileManager.default.fileExists(atPath: deployment.data[0].path + "/backup"))
  }

  /// Symbolic links lead into the data folder just as well.
  @Test
  func `a location that a link leads into the data folder is refused`() throws {
    let deployment = try TestDeployment.growth()
    let link = deployment.folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: deployment.data[0].path)
    let second = deployment.folder.path("second.yaml")

    let output = try Akiba.run(["init", "--config", second, "--data", deployment.data[0].path, "--to", "bad=\(link)/backup"])

    #expect(output.status == 1 && output.standardError.contains("inside the data folder"), "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: deployment.data[0].path + "/backup"))
  }

  // MARK: Disks

  @Test(
    .enabled(if: Mount.isPossible, "needs root and mount"), arguments: [64, 128, 256, 384, 512, 640, 700, 720, 760, 800, 900, 1024, 1536])
  func `a full disk at a location fails the backup and leaves a sound repository`(_ kilobytes: Int) throws {
    let folder = try TemporaryFolder()
    let disk = try Mount(bytes: kilobytes << 10, at: folder.url.appending(path: "disk"))
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day1").path, folder.path("data")])
    let configuration = folder.path("conf/akiba.yaml")
    func akiba(_ arguments: [String]) throws -> Program.Output { try Akiba.run(arguments, environment: ["AKIBA_CONFIG": configuration]) }
    let initial = try akiba(["init", "--data", folder.path("data"), "--to", "small=\(disk.url.path)/repository"])
    try #require(initial.status == 0, "\(initial.standardError)")

    for _ in 0..<2 {
      let backup = try akiba(["backup"])
      #expect([0, 1].contains(backup.status), "\(backup.standardError)")
      if backup.status == 1 {
        #expect(backup.standardError.contains("error:") && backup.standardError.contains("hint:"), "\(backup.standardError)")
        #expect(backup.standardError.lowercased().contains("space") || backup.standardError.contains("full"), "\(backup.standardError)")
      }
      #expect(disk.url.appending(path: "repository/locks").entries().isEmpty)
      #expect(try !disk.url.filesBelow().contains { $0.hasSuffix(".akiba-part") }, "an unfinished file keeps the disk full")
      let snapshots = try akiba(["snapshots", "--json"])
      let count = try snapshots.objects().count { $0["type"] as? String == "snapshot" }
      #expect(snapshots.status == 0 && (backup.status == 0 || count == 0))
      let check = try Program.run(
        "/usr/bin/env",
        [
          "restic", "--no-cache", "--no-lock", "--repo", disk.url.path + "/repository", "--password-file", folder.path("conf/working.key"),
          "check", "--read-data",
        ])
      #expect(check.status == 0, "\(check.standardError)")
    }
  }

  /// To the last block: a repository that has become full is still there to be restored from.
  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a location whose disk is full can be read`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let disk = try Mount(bytes: 2 << 20, at: deployment.folder.url.appending(path: "disk"))
    let copy = disk.url.path + "/repository"
    try Program.run("/bin/cp", ["-a", deployment.repositories[0], copy])
    try Program.run("/bin/dd", ["if=/dev/zero", "of=\(disk.url.path)/filler", "bs=4k"])
    try deployment.editConfiguration { $0.replacing(deployment.repositories[0], with: copy) }

    let backup = try deployment.akiba(["backup"])
    #expect(backup.status == 1 && backup.standardError.contains("hint:"), "\(backup.standardError)")
    for arguments in [["snapshots"], ["verify", "latest"], ["check"], ["restore", "latest", "--to", deployment.folder.path("restored")]] {
      let output = try deployment.akiba(arguments)
      #expect(output.status == 0, "\(arguments): \(output.standardError)")
    }
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"), arguments: [256, 1024, 2048, 3072, 3700, 4096])
  func `a full disk under a restore is an error, and the restore goes on on a larger one`(_ kilobytes: Int) throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let disk = try Mount(bytes: kilobytes << 10, at: deployment.folder.url.appending(path: "disk"))
    let target = disk.url.path + "/restored"

    let output = try deployment.akiba(["restore", "latest", "--to", target])
    #expect([0, 1].contains(output.status))
    if output.status == 1 { #expect(output.standardError.contains("hint:"), "\(output.standardError)") }
    if kilobytes < 3000 { #expect(output.status == 1) }

    try Program.run("/usr/bin/env", ["mount", "-o", "remount,size=16m", disk.url.path])
    if output.status == 1 {
      let again = try deployment.akiba(["restore", "latest", "--to", target])
      #expect(again.status == 0, "\(again.standardError)")
    }
    #expect(try deployment.akiba(["verify", "--restored", target]).status == 0)
    #expect(try deployment.listsNoUnfinishedFile(below: disk.url))
    #expect(deployment.locks().isEmpty)
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a read-only medium is read as ever, and a backup to it says why it cannot`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let medium = try Mount(readOnly: deployment.repository, at: deployment.folder.url.appending(path: "medium"))
    try deployment.editConfiguration { $0.replacing(deployment.repositories[0], with: medium.url.path) }

    let backup = try deployment.akiba(["backup"])
    #expect(backup.status == 1)
    #expect(backup.standardError.lowercased().contains("read-only") && backup.standardError.contains("hint:"), "\(backup.standardError)")
    let target = deployment.folder.path("restored")
    for arguments in [
      ["snapshots"], ["check", "--read-data"], ["verify", "latest"], ["restore", "latest", "--to", target],
      ["verify", "--restored", target], ["key", "list"],
    ] {
      let output = try deployment.akiba(arguments)
      #expect(output.status == 0, "\(arguments): \(output.standardError)")
    }
    let accept = try deployment.akiba(["key", "add", deployment.folder.path("third.key")])
    #expect(accept.status == 1 && accept.standardError.contains("hint:"), "\(accept.standardError)")
  }

  @Test
  func `a location that is away does not stop the others and is caught up later`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    let away = deployment.folder.path("away")
    try FileManager.default.moveItem(atPath: deployment.repositories[0], toPath: away)
    try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day2").path, deployment.data[0].path])

    let output = try deployment.akiba(["backup"])
    #expect(output.status == 3)
    #expect(output.standardError.contains("location 'first'"), "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: deployment.repositories[0]), "a folder was made where a disk should be mounted")
    #expect(try deployment.akiba(["restore", "latest", "--dry-run"]).status == 0)

    try FileManager.default.moveItem(atPath: away, toPath: deployment.repositories[0])
    let event = try deployment.backup()
    #expect((event["locations"] as? [[String: Any]])?.allSatisfy { $0["complete"] as? Bool == true } == true)
    #expect(try deployment.sameSnapshotFiles())
    #expect(try deployment.snapshots().count == 3)
    for index in 0...1 { try deployment.expectResticFindsNoErrors(repository: index) }
    for name in ["first", "second"] { #expect(try deployment.akiba(["verify", "latest", "--location", name]).status == 0) }
  }

  /// The other way round: the location that was away is the second in the configuration, and it had been away for several runs.
  @Test
  func `a location that was away for several runs is caught up whichever it is`() throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    let away = deployment.folder.path("away")
    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: away)
    for day in ["day1", "day2", "day3"] {
      try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
      try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: day).path, deployment.data[0].path])
      try deployment.backup(status: 3)
    }
    try FileManager.default.moveItem(atPath: away, toPath: deployment.repositories[1])

    try deployment.backup()

    #expect(try deployment.sameSnapshotFiles())
    try deployment.expectResticFindsNoErrors(repository: 1)
    for id in try deployment.snapshots() { #expect(try deployment.akiba(["verify", id, "--location", "second"]).status == 0) }
  }

  struct BadDisk: CustomTestStringConvertible {
    let isFull: Bool
    var testDescription: String { isFull ? "full" : "read-only" }
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"), arguments: [true, false].map(BadDisk.init), ["first", "second"])
  func `a bad disk at one of two locations is a partial success, and is caught up when it is good again`(
    _ disk: BadDisk, _ name: String
  ) throws {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    try deployment.backup()
    let index = name == "first" ? 0 : 1
    let mount = try Mount(bytes: 1 << 20, at: deployment.folder.url.appending(path: "disk"))
    let moved = mount.url.path + "/repository"
    try Program.run("/bin/cp", ["-a", deployment.repositories[index], moved])
    try deployment.editConfiguration { $0.replacing("path: \(deployment.repositories[index])\n", with: "path: \(moved)\n") }
    if disk.isFull {
      try Program.run("/bin/dd", ["if=/dev/urandom", "of=\(mount.url.path)/filler", "bs=4k"])
      // Room for a lock, not for what is new.
      try Program.run("/usr/bin/truncate", ["--size=-8k", mount.url.path + "/filler"])
    } else {
      try Program.run("/usr/bin/env", ["mount", "-o", "remount,ro", mount.url.path])
    }
    try Program.run("/bin/rm", ["-rf", deployment.data[0].path])
    try Program.run("/bin/cp", ["-a", Corpora.folder(Corpora.growth).appending(path: "day3").path, deployment.data[0].path])

    let output = try deployment.akiba(["backup"])
    #expect(output.status == 3, "\(output.standardError)")
    #expect(output.standardError.contains("location '\(name)'") && output.standardError.contains("hint:"), "\(output.standardError)")
    let other = name == "first" ? "second" : "first"
    #expect(try deployment.akiba(["verify", "latest", "--location", other]).status == 0)

    if !disk.isFull { try Program.run("/usr/bin/env", ["mount", "-o", "remount,rw", mount.url.path]) }
    try Program.run("/usr/bin/env", ["mount", "-o", "remount,size=16m", mount.url.path])
    try deployment.backup()
    #expect(
      URL(filePath: moved).appending(path: "snapshots").entries()
        == URL(filePath: deployment.repositories[1 - index]).appending(path: "snapshots").entries())
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    #expect(try deployment.akiba(["verify", "latest", "--location", name]).status == 0)
  }

  /// The location that is away has the marked snapshot still; afterwards both have the accepted one, and only that.
  @Test
  func `a mark taken off while a location is away does not come back`() throws {
    let deployment = try TestDeployment.growth("day3", locations: ["first", "second"])
    try deployment.backup()
    let shard = try deployment.data[0].shard(of: "medic")
    try Data(contentsOf: try deployment.data[0].shard(of: "_replicator")).write(to: shard)
    let marked = try #require(try deployment.backup(status: 3)["snapshot"] as? String)
    let away = deployment.folder.path("away")
    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: away)
    let accept = try deployment.akiba(["snapshots", "--accept", marked])
    try FileManager.default.moveItem(atPath: away, toPath: deployment.repositories[1])
    // Either refused with the reason, or made good later.
    if accept.status != 0 { return #expect(accept.standardError.contains("second") && accept.standardError.contains("hint:")) }

    _ = try deployment.akiba(["backup"])

    #expect(try deployment.sameSnapshotFiles())
    for name in ["first", "second"] {
      #expect(try !deployment.akiba(["snapshots", "--location", name]).text.contains("MARKED"), "\(name)")
    }
  }

  /// Linux names are bytes: two that differ only where they are no UTF-8 are two files, and the manifest could not tell them apart.
  @Test
  func `names that are no UTF-8 are left out with a finding, and the rest is restored as it was`() throws {
    let deployment = try TestDeployment.withCredentials()
    let folder = deployment.folder.path("upgrade")
    for byte in ["\\376", "\\377"] {
      try Program.run("/bin/sh", ["-c", "printf %s '\(byte)' > \"\(folder)/name-$(printf '\(byte)')\""])
    }
    let listing = ["-c", "cd \"$0\" && ls -1A | grep --invert-match --text '^name-'"]
    let before = try Program.run("/bin/sh", listing + [folder]).text

    let output = try deployment.akiba(["backup", "--json"])
    let restored = try deployment.restore()

    #expect(output.status == 3)
    #expect(try output.objects().count { $0["kind"] as? String == "name-not-utf8" } == 2)
    #expect(!before.isEmpty)
    #expect(try Program.run("/bin/sh", ["-c", "ls -1A \"$0\"", restored.path + "/cht/upgrade-service"]).text == before)
    #expect(try deployment.akiba(["verify", "--restored", restored.path]).status == 0)
  }

  // MARK: Interruptions

  @Test(arguments: [SIGINT, SIGTERM])
  func `^C in a backup stops cleanly, and the next run works`(_ signal: Int32) throws {
    let deployment = try TestDeployment.large()
    let running = try deployment.startAkiba(["backup"])
    #expect(try deployment.wait { try !deployment.packs().isEmpty })
    running.signal(signal)
    let output = try running.wait()

    #expect(output.status == 130, "\(output.standardError)")
    #expect(output.standardError.contains("interrupted"))
    #expect(deployment.locks().isEmpty)
    #expect(try deployment.snapshots().isEmpty)
    #expect(try deployment.akiba(["check"]).status == 0)
    #expect(try deployment.listsNoUnfinishedFile(below: deployment.repository))
    #expect(try deployment.restic(["check"]).status == 0)
    try deployment.backup()
    try deployment.expectResticFindsNoErrors()
  }

  @Test
  func `^C in a restore stops cleanly, and the same command goes on`() throws {
    let deployment = try TestDeployment.large()
    try deployment.backup()
    let target = deployment.folder.url.appending(path: "restored")
    let running = try deployment.startAkiba(["restore", "latest", "--to", target.path])
    #expect(deployment.wait { !((try? target.filesBelow()) ?? []).filter { $0.contains("couchdb/") }.isEmpty })
    running.signal(SIGINT)
    let output = try running.wait()

    #expect(output.status == 130, "\(output.standardError)")
    #expect(deployment.locks().isEmpty)
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 1)
    let again = try deployment.akiba(["restore", "latest", "--to", target.path, "--json"])
    #expect(again.status == 0, "\(again.standardError)")
    #expect(try again.objects().last?["resumed"] as? Bool == true)
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
    #expect(try deployment.listsNoUnfinishedFile(below: target))
  }

  /// While it waits for a lock there is nothing to finish: a second ^C must not wait either.
  @Test
  func `a second ^C stops at once`() throws {
    let deployment = try TestDeployment.growth()
    let prune = try deployment.stopped { try deployment.startRestic(["prune"]) }
    defer { prune.signal(SIGKILL) }
    let running = try deployment.startAkiba(["backup", "--wait", "600"])
    usleep(500_000)
    #expect(running.isRunning)
    let start = Date()
    running.signal(SIGINT)
    usleep(20_000)
    running.signal(SIGINT)
    let output = try running.wait()

    #expect(output.status == 130)
    #expect(Date().timeIntervalSince(start) < 2)
    #expect(deployment.locks().count == 1, "only the lock of the other program is left")
  }

  /// Ten times, at whichever moment it is then.
  @Test(arguments: 1...10)
  func `kill -9 in a restore leaves no half file under a final name`(_ moment: Int) throws {
    let deployment = try TestDeployment.large(megabytes: 24)
    try deployment.backup()
    let whole = try deployment.restore()
    let target = deployment.folder.url.appending(path: "restored")
    let running = try deployment.startAkiba(["restore", "latest", "--to", target.path])
    // From the moment the folder is there on; nine tenths fall into the work, some before or after it.
    _ = deployment.wait { FileManager.default.fileExists(atPath: target.path) || !running.isRunning }
    usleep(UInt32(moment - 1) * 15_000)
    running.signal(SIGKILL)
    _ = try running.wait()

    for name in try target.filesBelow() where !name.hasSuffix(".akiba-part") && name != ".akiba-restore.json" {
      #expect(
        FileManager.default.contentsEqual(atPath: target.appending(path: name).path, andPath: whole.appending(path: name).path), "\(name)")
    }
    let again = try deployment.akiba(["restore", "latest", "--to", target.path])
    let isComplete = again.standardError.contains("already holds a restore")
    #expect(again.status == (isComplete ? 1 : 0), "\(again.standardError)")
    let proof = try deployment.akiba(["verify", "--restored", target.path])
    #expect(proof.status == 0, "\(proof.standardError)")
    #expect(try deployment.listsNoUnfinishedFile(below: target))
  }

  /// What a kill in the very first moment leaves: the mark itself, unfinished.
  @Test
  func `a restore killed before it could mark its folder goes on, too`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let target = deployment.folder.url.appending(path: "restored")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: target.appending(path: "..akiba-restore.json.4711.815.akiba-part"))

    let output = try deployment.akiba(["restore", "latest", "--to", target.path])

    #expect(output.status == 0, "\(output.standardError)")
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
  }

  // MARK: Restores that are refused

  @Test
  func `a restore never goes over something else`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    try deployment.backup()
    let ids = try deployment.snapshots()
    func refused(_ arguments: [String], _ words: String, status: Int32 = 1) throws {
      let output = try deployment.akiba(["restore"] + arguments)
      #expect(output.status == status && output.standardError.contains(words), "\(arguments): \(output.standardError)")
      #expect(output.standardError.contains("hint:"), "\(arguments): \(output.standardError)")
    }
    let full = deployment.folder.url.appending(path: "full")
    try FileManager.default.createDirectory(at: full, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: full.appending(path: "mine"))
    try refused(["latest", "--to", full.path], "not empty")
    try refused(["latest", "--to", full.path, "--delta"], "not empty")
    try refused(["latest", "--to", deployment.data[0].path], "not empty")
    #expect(full.entries() == ["mine"])
    try refused(["latest", "--to", full.appending(path: "mine").path], "not a folder")
    let target = deployment.folder.path("restored")
    #expect(try deployment.akiba(["restore", ids[0], "--to", target]).status == 0)
    try refused([ids[0], "--to", target], "already holds")
    try refused([ids[1], "--to", target], "--delta")
    let part = deployment.folder.path("part")
    #expect(try deployment.akiba(["restore", ids[0], "--to", part, "--database", "medic"]).status == 0)
    try refused([ids[1], "--to", part, "--delta"], "part of a snapshot")
    try refused(["latest", "--to", deployment.folder.path("x"), "--database", "nothing"], "no database 'nothing'")
    try refused(["latest", "--to", deployment.folder.path("x"), "--path", "nothing"], "no path 'nothing'")
    try refused(["abcdef01", "--to", deployment.folder.path("x")], "abcdef01")
    try refused(["2001-01-01", "--to", deployment.folder.path("x")], "2001-01-01")
    #expect(!FileManager.default.fileExists(atPath: deployment.folder.path("x")), "a refused restore left a folder")

    // Somebody works in the restored folder.
    let shard = try URL(filePath: target).appending(path: "couchdb").filesBelow().first { $0.hasSuffix(".couch") }
    let user = try Program.start("/usr/bin/tail", ["-f", "\(target)/couchdb/\(try #require(shard))"])
    defer { user.signal(SIGKILL) }
    usleep(300_000)
    try refused([ids[1], "--to", target, "--delta"], "in use by process \(user.identifier)")
    user.signal(SIGKILL)
    _ = try user.wait()
    let delta = try deployment.akiba(["restore", ids[1], "--to", target, "--delta"])
    #expect(delta.status == 0, "\(delta.standardError)")
    #expect(try deployment.akiba(["verify", "--restored", target]).status == 0)
  }

  @Test(.enabled(if: Mount.isPossible, "needs root and mount"))
  func `a restore that does not fit is refused before it begins`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let disk = try Mount(bytes: 1 << 20, at: deployment.folder.url.appending(path: "disk"))

    let output = try deployment.akiba(["restore", "latest", "--to", disk.url.path + "/restored"])

    #expect(
      output.status == 1 && output.standardError.contains("free") && output.standardError.contains("hint:"), "\(output.standardError)")
    #expect(disk.url.entries().isEmpty)
  }
}

extension TestDeployment {
  /// Names, sizes and times of everything in the first location.
  func repositoryListing() throws -> String {
    try Program.run("/usr/bin/find", [repositories[0], "-type", "f", "-printf", "%P %s %T@\n"]).text.split(separator: "\n").sorted()
      .joined(separator: "\n")
  }
}
