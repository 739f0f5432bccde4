import Foundation
import TestSupport
import Testing

/// The built benchmark: what it makes is what a CouchDB could have written, and what it measures is all there.
@Suite(.serialized)
struct BenchmarkTests {
  private static let corpus = Corpora.packageRoot.appending(path: "Tests/Corpora/growth-3.5.tar.zst").path

  @Test(arguments: ["many", "large", "users"])
  func `akiba proves a generated folder in every state`(_ shape: String) throws {
    let folder = try TemporaryFolder()
    for state in ["T0", "T1", "T2"] {
      let made = try bench([
        "make-data", "--series", Self.corpus, "--shape", shape, "--state", state, "--size", "12M", "--files", "200", folder.path("data"),
      ])
      try #require(made.status == 0, "\(made.standardError)")

      let proof = try Program.run(try akiba, ["verify", "--data", folder.path("data"), "--json"])

      let events = try proof.objects()
      let last = try #require(events.last { $0["type"] as? String == "proof" })
      #expect(last["proven"] as? Bool == true && last["errors"] as? Int == 0, "\(state): \(proof.text.prefix(2000))")
      #expect(!events.contains { ($0["message"] as? String)?.contains("belongs to no database") == true }, "\(state)")
      #expect(try #require(last["documents"] as? Int) > 100)
    }
  }

  @Test func `a comparison has every row, and no run fails`() throws {
    let folder = try TemporaryFolder()

    let output = try bench([
      "compare", "--series", Self.corpus, "--size", "30M", "--files", "300", "--rounds", "1", "--no-trace", "--tools", "akiba,restic",
      "--scratch", folder.path("scratch"), "--json", folder.path("figures.json"),
    ])

    try #require(output.status == 0, "\(output.standardError)")
    let steps = ["first backup", "unchanged", "append-only day", "delta restore", "after compaction", "restore", "check with data"]
    let wanted = steps.flatMap { step in ["akiba", "restic"].map { [step, $0] } } + [["proof of the data folder", "akiba"]]
    for (shape, rows) in [("many", wanted), ("large", wanted), ("users", Array(wanted.prefix(4)))] {
      let section = try #require(output.text.split(separator: "\n## ").first { $0.hasPrefix("Shape \(shape)") })
      let found = section.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
        line.split(separator: "|").prefix(3).map { $0.trimmingCharacters(in: .whitespaces) }
      }
      #expect(found.map { Array($0.prefix(2)) } == rows, "\(shape)")
      #expect(found.allSatisfy { (Double($0[2]) ?? 0) > 0 }, "\(shape): \(found)")
    }
    #expect(output.text.contains("## Against the aims") && output.text.contains("## What this machine can do"))
    let figures = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.url.appending(path: "figures.json"))) as? [String: Any]
    #expect((figures?["runs"] as? [Any])?.count == 2 * 15 + 4)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("scratch")).isEmpty, "what it made it takes away")
  }

  @Test func `a run that restores something else is a failed run`() throws {
    let folder = try TemporaryFolder()
    // An akiba that takes a byte away from what it restored.
    let script = """
      #!/bin/sh
      \(try akiba) "$@" || exit $?
      if [ "$1" = restore ]; then find "$4" -name _nodes.couch -exec truncate --size=-1 {} +; fi
      """
    try script.write(toFile: folder.path("akiba"), atomically: true, encoding: .utf8)
    try Program.run("/bin/chmod", ["+x", folder.path("akiba")])

    let output = try bench([
      "compare", "--series", Self.corpus, "--size", "5M", "--rounds", "1", "--no-trace", "--tools", "akiba", "--shape", "many",
      "--steps", "restore", "--akiba", folder.path("akiba"), "--scratch", folder.path("scratch"),
    ])

    #expect(output.status == 1)
    #expect(output.standardError.contains("what it restored is not what was backed up: '_nodes.couch' has"))
  }

  @Test func `an interrupt ends what runs and takes away what was made`() throws {
    let folder = try TemporaryFolder()
    let running = try Program.start(
      try executable,
      ["compare", "--series", Self.corpus, "--size", "100M", "--shape", "many", "--no-trace", "--scratch", folder.path("scratch")])
    try eventually {
      let made = FileManager.default.subpaths(atPath: folder.path("scratch")) ?? []
      if !made.contains(where: { $0.hasSuffix("/config") }) { throw NotYet() }
    }

    running.signal(SIGINT)

    #expect(try running.wait().status == 130)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("scratch")).isEmpty)
  }

  private struct NotYet: Error {}

  private func bench(_ arguments: [String]) throws -> Program.Output { try Program.run(try executable, arguments) }

  /// `scripts/test` builds it and says where.
  private var executable: String {
    get throws {
      let beside = URL(filePath: try akiba).deletingLastPathComponent().appending(path: "bench").path
      return ProcessInfo.processInfo.environment["BENCH_EXECUTABLE"] ?? beside
    }
  }

  private var akiba: String {
    get throws { try Akiba.executable() }
  }
}
