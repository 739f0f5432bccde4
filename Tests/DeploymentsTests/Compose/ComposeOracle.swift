import Foundation
import Synchronization
import TestSupport

/// Docker Compose itself. `config` needs no daemon. Not there is a failure, never a skip.
struct ComposeOracle {
  let executable: String
  private let folder: TemporaryFolder

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  init() throws {
    executable = try Self.found.get()
    folder = try TemporaryFolder()
  }

  // MARK: What Compose makes of texts

  /// All variables of each file, read as a service's `env_file`: the same parser, and one process for any number of files.
  func variables(of files: [[UInt8]], environment: [String: String]) throws -> [[String: String]] {
    var compose = "services:\n"
    for (index, file) in files.enumerated() {
      try Data(file).write(to: folder.url.appending(path: "\(index).env"))
      compose += "  s\(index):\n    image: x\n    env_file: \(index).env\n"
    }
    let services = try services(of: compose, environment: environment)
    return files.indices.map { index in
      let variables = services["s\(index)"]?["environment"] as? [String: Any] ?? [:]
      return variables.compactMapValues { ($0 as? String).map(Self.unescaped) }
    }
  }

  /// What a project gets to see of the names, with the file as its `.env`: nil where it is not set.
  func resolved(_ names: [String], file: [UInt8], environment: [String: String]) throws -> [String: String] {
    try Data(file).write(to: folder.url.appending(path: "project.env"))
    let list = try names.map { "      - \(try Self.quoted($0))\n" }.joined()
    let compose = "services:\n  s:\n    image: x\n    environment:\n      - OTHER\n" + list
    let services = try services(of: compose, environment: environment, options: ["--env-file", "project.env"])
    return (services["s"]?["environment"] as? [String: Any] ?? [:]).compactMapValues { ($0 as? String).map(Self.unescaped) }
  }

  /// Each template as a compose file's scalar, interpolated.
  func interpolated(_ templates: [String], environment: [String: String]) throws -> [String] {
    var compose = "services:\n  s:\n    image: x\n    labels:\n"
    for (index, template) in templates.enumerated() { compose += "      l\(index): \(try Self.quoted(template))\n" }
    let labels = try services(of: compose, environment: environment)["s"]?["labels"] as? [String: String] ?? [:]
    return templates.indices.map { labels["l\($0)"].map(Self.unescaped) ?? "(no label)" }
  }

  /// The services of a compose file, as `config` shows them.
  func services(
    of compose: String, environment: [String: String], options: [String] = []
  ) throws -> [String: [String: Any]] {
    try configuration(of: compose, environment: environment, options: options)["services"] as? [String: [String: Any]] ?? [:]
  }

  func configuration(of compose: String, environment: [String: String], options: [String] = []) throws -> [String: Any] {
    try Data(compose.utf8).write(to: folder.url.appending(path: "oracle.yml"))
    let arguments = options + ["--project-name", "p", "-f", "oracle.yml", "config", "--format", "json"]
    let output = try Self.run(executable, arguments, environment, in: folder.path)
    guard output.status == 0 else {
      let warnings = output.standardError.split(separator: "\n").filter { !$0.contains("level=warning") }
      throw Refusal(description: warnings.joined(separator: "\n"))
    }
    return try JSONSerialization.jsonObject(with: Data(output.standardOutput)) as? [String: Any] ?? [:]
  }

  var workingFolder: String { folder.path }

  /// As Go writes text that is not UTF-8: one replacement character a byte.
  static func text(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      var iterator = rest.prefix(4).makeIterator()
      var decoder = UTF8()
      if case .scalarValue(let scalar) = decoder.decode(&iterator) {
        text.unicodeScalars.append(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        text += "\u{FFFD}"
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// `config` writes what a compose file would have to say: every `$` twice.
  private static func unescaped(_ text: String) -> String { text.replacingOccurrences(of: "$$", with: "$") }

  /// JSON's texts are YAML's.
  static func quoted(_ text: String) throws -> String {
    String(
      decoding: try JSONSerialization.data(withJSONObject: text, options: [.fragmentsAllowed, .withoutEscapingSlashes]), as: UTF8.self)
  }

  // MARK: Finding it

  private static let found = Result { try find() }

  private static func find() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["AKIBA_TEST_COMPOSE"] {
      if isModern(named) { return named }
      throw Missing(description: "AKIBA_TEST_COMPOSE names '\(named)', which is no Docker Compose 2 or later")
    }
    let installed = Corpora.packageRoot.appending(path: ".build/test-tools/docker-compose").path
    let onPath = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/docker-compose" }
    if let first = ([installed] + onPath).first(where: isModern) { return first }
    throw Missing(
      description: "Docker Compose 2 or later is needed to run this test: 'make test' installs it into .build/test-tools; "
        + "or name one in AKIBA_TEST_COMPOSE")
  }

  private static func isModern(_ path: String) -> Bool {
    guard FileManager.default.isExecutableFile(atPath: path),
      let output = try? run(path, ["version", "--short"], [:], in: "/"), output.status == 0,
      let major = Int(output.text.drop { !$0.isNumber }.prefix(while: \.isNumber))
    else { return false }
    return major >= 2
  }

  /// With an environment of nothing but what is given: a stray variable of this process would be a variable of the tests.
  private static func run(_ path: String, _ arguments: [String], _ environment: [String: String], in folder: String) throws
    -> Program.Output
  {
    let own = ProcessInfo.processInfo.environment
    let kept = ["PATH", "HOME"].compactMap { name in own[name].map { "\(name)=\($0)" } }
    let given = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return try Program.run("/usr/bin/env", ["-i"] + kept + given + [path] + arguments, in: folder)
  }
}
