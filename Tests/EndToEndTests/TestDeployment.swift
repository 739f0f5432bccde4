import Foundation
import TestSupport
import Testing

/// A deployment for one test: data folders, a configuration and a repository made by the built akiba, stock restic beside it.
final class TestDeployment: Sendable {
  let folder: TemporaryFolder
  /// Data folders, one a node.
  let data: [URL]
  let configuration: String
  let repositories: [String]

  var workingKey: String { folder.path("conf/working.key") }
  var recoveryKey: String { folder.path("conf/recovery.key") }

  /// - Parameter sources: data folders that are copied; the copies may be changed.
  init(copying sources: [URL], locations: [String] = ["first"], options: [String] = []) throws {
    folder = try TemporaryFolder()
    configuration = folder.path("conf/akiba.yaml")
    var data: [URL] = []
    for (index, source) in sources.enumerated() {
      let copy = folder.url.appending(path: sources.count > 1 ? "data\(index + 1)" : "data")
      try Program.run("/bin/cp", ["-a", source.path, copy.path])
      data.append(copy)
    }
    self.data = data
    repositories = locations.map { [folder] in folder.path("repository-\($0)") }
    let output = try akiba(
      ["init"] + data.flatMap { ["--data", $0.path] } + zip(locations, repositories).flatMap { ["--to", "\($0)=\($1)"] } + options)
    try #require(output.status == 0, "akiba init: \(output.standardError)")
  }

  /// Runs the built akiba with this deployment's configuration.
  @discardableResult
  func akiba(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Output {
    try startAkiba(arguments, environment: environment).wait()
  }

  func startAkiba(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Running {
    try Program.start(
      try Akiba.executable(), arguments, environment: environment.merging(["AKIBA_CONFIG": configuration]) { first, _ in first })
  }

  /// Runs a backup that has to succeed.
  ///
  /// - Returns: its `backup` event.
  @discardableResult
  func backup(_ arguments: [String] = [], status: Int32 = 0) throws -> [String: Any] {
    let output = try akiba(["backup", "--json"] + arguments)
    try #require(output.status == status, "akiba backup ended with \(output.status): \(output.standardError)")
    return try #require(output.objects().last { $0["type"] as? String == "backup" })
  }

  /// Ids of all snapshots, oldest first.
  func snapshots() throws -> [String] {
    try akiba(["snapshots", "--json"]).objects().filter { $0["type"] as? String == "snapshot" }.compactMap { $0["id"] as? String }
  }

  /// Restores into a new folder.
  func restore(_ snapshot: String = "latest", _ arguments: [String] = []) throws -> URL {
    let target = folder.url.appending(path: "restored-\(UUID().uuidString.prefix(8))")
    let output = try akiba(["restore", snapshot, "--to", target.path] + arguments)
    try #require(output.status == 0, "akiba restore: \(output.standardError)")
    return target
  }

  /// Runs stock restic on the first location.
  @discardableResult
  func restic(_ arguments: [String], repository: Int = 0) throws -> Program.Output {
    try Program.run(
      "/usr/bin/env", ["restic", "--no-cache", "--repo", repositories[repository], "--password-file", workingKey] + arguments)
  }

  /// Stock restic reads every byte and finds nothing wrong.
  func expectResticFindsNoErrors(repository: Int = 0) throws {
    let output = try restic(["check", "--read-data"], repository: repository)
    #expect(output.status == 0 && output.text.contains("no errors were found"), "restic check: \(output.text)\(output.standardError)")
  }
}

/// The executable under test.
enum Akiba {
  struct NotBuilt: Error, CustomStringConvertible {
    let description = "the akiba executable is not built: run the tests with 'make test', or set AKIBA_EXECUTABLE"
  }

  static func executable() throws -> String {
    let named = ProcessInfo.processInfo.environment["AKIBA_EXECUTABLE"]
    let candidates =
      [named].compactMap { $0 } + ["release", "debug"].map { Corpora.packageRoot.appending(path: ".build/\($0)/akiba").path }
    guard let path = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { throw NotBuilt() }
    return path
  }

  /// Without a configuration.
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Output {
    try Program.run(try executable(), arguments, environment: environment)
  }
}
