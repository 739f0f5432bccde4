import Foundation
import TestSupport
import Testing

/// What `--json` prints and what `docs/json.md` promises are the same.
struct JSONContractTests {
  @Test func `every event and field a command prints is in the document, and every event of the document is printed`() throws {
    let seen = try Self.expectDocumented(everyCommand())

    let documented = try Self.document().matches(of: /(?m)^\|[^|]*\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|/)
      .flatMap { $0.1.matches(of: /[a-z-]+/).map { String($0.0) } }
    #expect(documented.count > 10)
    #expect(Set(documented).subtracting(seen).subtracting(Self.onEnginesOnly).isEmpty, "documented and never printed")
  }

  /// Seen where there is an engine.
  private static let onEnginesOnly: Set = ["deployment-plan", "deployment-restored"]

  private static func document() throws -> String {
    try String(contentsOf: Corpora.packageRoot.appending(path: "docs/json.md"), encoding: .utf8)
  }

  /// - Returns: the events that were printed.
  @discardableResult
  static func expectDocumented(_ outputs: [Program.Output]) throws -> Set<String> {
    let document = try document()
    var seen: [String: Set<String>] = [:]
    for output in outputs {
      for object in try output.objects() {
        let type = try #require(object["type"] as? String, "an object without a type: \(output.text)")
        seen[type, default: []].formUnion(object.keys)
      }
      // Nothing but objects on standard output.
      #expect(try output.objects().count == output.text.split(separator: "\n").count)
    }

    for (type, fields) in seen {
      #expect(document.contains("`\(type)`"), "event \(type) is not documented")
      for field in fields.subtracting(["type"]) { #expect(document.contains("`\(field)`"), "field \(field) of \(type) is not documented") }
    }
    return Set(seen.keys)
  }

  @Test func `every kind of finding is in a document`() throws {
    let documents = try ["couch-files", "discovery", "drills"].map {
      try String(contentsOf: Corpora.packageRoot.appending(path: "docs/\($0).md"), encoding: .utf8)
    }.joined()
    let sources = Corpora.packageRoot.appending(path: "Sources")
    var kinds: Set<String> = []
    for path in try FileManager.default.subpathsOfDirectory(atPath: sources.path) where path.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
      guard text.contains("extension FindingKind") else { continue }
      kinds.formUnion(text.matches(of: /static let \w+ = Self\((?:rawValue: )?"([a-z0-9-]+)"\)/).map { String($0.1) })
    }

    #expect(kinds.count > 60)
    #expect(kinds.filter { !documents.contains("`\($0)`") }.sorted() == [])
  }

  /// Hours that are far from now.
  private static func closedWindow() throws -> String {
    let hour = (Calendar.current.component(.hour, from: Date()) + 12) % 24
    return "\(hour):00-\(hour):01"
  }

  private func everyCommand() throws -> [Program.Output] {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment(copying: [corpus.appending(path: "day1")], locations: ["first", "second"])
    func akiba(_ arguments: String...) throws -> Program.Output { try deployment.akiba(arguments + ["--json"]) }

    var outputs = [try akiba("init"), try akiba("backup"), try akiba("sync", "--dry-run"), try akiba("sync")]
    outputs.append(try akiba("export", "--to", deployment.folder.path("export")))
    outputs += [try akiba("discover", "--cht-dir", deployment.data[0].path), try akiba("doctor")]
    outputs += [
      try akiba(
        "restore", "latest", "--database", "medic", "--beside", "old", "--data", deployment.data[0].path, "--map",
        deployment.folder.path("map.json")),
      try akiba("restore", "latest", "--shard", "00000000-15555554/medic", "--to", deployment.folder.path("shard")),
    ]
    // A database that went back: a finding and a mark.
    let shard = deployment.data[0].appending(path: "_nodes.couch")
    try FileManager.default.removeItem(at: shard)
    try Data(contentsOf: corpus.appending(path: "day1/_dbs.couch")).prefix(179).write(to: shard)
    outputs += [try akiba("backup"), try akiba("snapshots"), try akiba("snapshots", "--accept", "latest")]
    outputs += [try akiba("pin", "latest"), try akiba("pin", "latest", "--remove")]
    let away = deployment.folder.path("away")
    try deployment.editConfiguration { $0 + "  - name: away\n    path: \(away)\n" }
    outputs += [try akiba("prune", "--keep-last", "1", "--keep-within", "1 day")]
    try deployment.editConfiguration { $0.replacing("  - name: away\n    path: \(away)\n", with: "") }
    outputs += [try akiba("restore", "latest", "--dry-run"), try akiba("restore", "latest", "--to", deployment.folder.path("restored"))]
    outputs += [try akiba("verify", "latest", "--answers"), try akiba("verify", "--data", deployment.data[0].path)]
    outputs += [try akiba("check", "--read-data"), try akiba("key", "list"), try akiba("key", "add", deployment.folder.path("third.key"))]
    let added = try #require(outputs.last?.objects().first?["id"] as? String)
    outputs += [try akiba("key", "remove", added), try akiba("key", "test"), try akiba("locations"), try akiba("status")]
    outputs += [
      try akiba("drill", "--offline", "--location", "first"),
      try akiba("drill", "--offline", "--location", "second", "--rehearse-failure", "cut-shard"),
      try akiba("drill", "--all", "--window", try Self.closedWindow()), try akiba("snapshots"),
    ]
    outputs.append(try akiba("kit", "--out", deployment.folder.path("kit")))
    // An index file missing: a finding of check, and something to heal.
    let indexes = URL(filePath: deployment.repositories[0]).appending(path: "index")
    let index = try #require(FileManager.default.contentsOfDirectory(atPath: indexes.path).first)
    try FileManager.default.removeItem(at: indexes.appending(path: index))
    outputs += [
      try akiba("check"), try akiba("check", "--keyless"), try akiba("repair"),
      try akiba("restore", "nonsense", "--to", deployment.folder.path("nowhere")),
    ]
    return outputs
  }
}
