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
    .init(name: "missing path of a location", words: "needs one of 'path'", line: "- name: first") { text, deployment in
      text.replacing("    path: \(deployment.repositories[0])\n", with: "")
    },
    .init(name: "not YAML", words: "not YAML", line: "nodes: [") { text, _ in text.replacing("\nnodes:\n", with: "\nnodes: [ -\n") },
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
}

extension TestDeployment {
  /// Names, sizes and times of everything in the first location.
  func repositoryListing() throws -> String {
    try Program.run("/usr/bin/find", [repositories[0], "-type", "f", "-printf", "%P %s %T@\n"]).text.split(separator: "\n").sorted()
      .joined(separator: "\n")
  }
}
