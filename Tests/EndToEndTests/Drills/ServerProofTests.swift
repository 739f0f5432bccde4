import Foundation
import TestSupport
import Testing

/// The server proof against a stand-in that speaks CouchDB's HTTP: how a drill starts, asks and ends a server, and what it notices.
@Suite(.serialized, .enabled(if: geteuid() == 0, "a server in a network of its own needs root"))
struct StandInServerProofTests {
  private struct Stage {
    let drills: DrillDeployment
    var server: StandInCouchDB

    init(pause: Int = 0) async throws {
      drills = try DrillDeployment(locations: ["usb"])
      server = try await StandInCouchDB(
        for: drills.deployment.data[0], in: drills.folder.url.appending(path: "couchdb"), pause: pause)
    }

    func drill(_ arguments: [String] = []) throws -> DrillDeployment.Outcome {
      try drills.drill("usb", ["--couchdb", server.executable] + arguments)
    }

    /// Of processes that carry the mark of this drill's room.
    func processes() throws -> [String] {
      let mark = "AKIBA_DRILL=\(drills.scratch)/server"
      return try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.filter { process in
        let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
        return environment.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
      }
    }
  }

  @Test func `with a stand-in: it is asked everything, status shows it, and nothing is left`() async throws {
    let stage = try await Stage()

    let outcome = try stage.drill()

    #expect(outcome.output.status == 0 && outcome.result == "passed", "\(outcome.output.text)\(outcome.output.standardError)")
    #expect(outcome.server["passed"] as? Bool == true && outcome.server["version"] as? String == "3.5.0", "\(outcome.server)")
    #expect(outcome.server["server"] as? String == "executable \(stage.server.executable)")
    for (name, least) in [
      ("databases", 20), ("documents", 500), ("sampled", 150), ("attachments", 20), ("views", 30), ("views_counted", 20),
    ] {
      #expect((outcome.server[name] as? Int ?? 0) >= least, "\(name): \(outcome.server)")
    }
    #expect(try stage.processes().isEmpty)
    stage.drills.expectNothingLeft()
    #expect(try stage.drills.status(of: "usb")["last_proof"] as? String == "server")
  }

  private static let lies: [(path: String, finding: String, lie: @Sendable (String) -> String)] = [
    ("/_all_dbs", "server-databases-differ", { $0.replacing("\"odd-mixed\",", with: "").replacing(",\"odd-mixed\"", with: "") }),
    ("/_all_dbs", "server-databases-differ", { $0.replacing("[", with: "[\"more\",") }),
    ("/odd-mixed", "server-counts-differ", { $0.replacing("\"doc_count\":", with: "\"doc_count\":1") }),
    ("/odd-mixed/_changes?style=all_docs", "server-revisions-differ", { $0.replacing("\"rev\":\"1-", with: "\"rev\":\"2-") }),
    (
      "/odd-mixed/_changes?style=all_docs", "server-revisions-differ",
      { text in
        // A row is gone.
        var lines = text.components(separatedBy: "\r\n")
        lines.remove(at: 2)
        return lines.joined(separator: "\r\n")
      }
    ),
  ]

  @Test func `with a stand-in: each wrong answer is found`() async throws {
    var stage = try await Stage()
    let right = stage.server.answers
    var lies = Self.lies
    let paths = stage.server.paths
    // Of so few all are compared.
    let document = try #require(paths.first { $0.hasPrefix("/odd-revslimit/") && $0.contains("&revs=true") })
    lies.append((document, "server-document-differs", { $0.replacing("\"_id\"", with: "\"x\":1,\"_id\"") }))
    let view = try #require(
      paths.first { $0.contains("/_view/") && !stage.server.text(at: $0).contains(":0") })
    lies.append((view, "server-view-differs", { $0.replacing(":", with: ":9") }))
    for (path, finding, lie) in lies {
      try stage.server.change(path) { $0 = lie($0) }

      let outcome = try stage.drill()

      #expect(outcome.output.status == 1 && outcome.result == "failed", "\(path)")
      #expect(outcome.kinds == [finding], "\(path): \(outcome.findings)")
      try stage.server.put(right)
    }
    #expect(try stage.drill().output.status == 0)
  }

  @Test func `with a stand-in: wrong attachments, alarming log lines and one that never starts are found`() async throws {
    var stage = try await Stage()
    let right = stage.server.answers
    try stage.server.spoilAttachments()
    let attachments = try stage.drill()
    #expect(attachments.kinds == ["server-attachment-differs"], "\(attachments.findings.prefix(2))")
    try stage.server.put(right)

    let missing = try stage.drill(["--rehearse-failure", "server-missing-shard"])
    #expect(missing.output.status == 1 && missing.result == "rehearsed", "\(missing.findings)")
    #expect(missing.kinds.isSuperset(of: ["server-counts-differ", "server-log"]), "\(missing.findings)")
    let impossible = try stage.drills.deployment.akiba(["drill", "--couchdb", "/nowhere", "--rehearse-failure", "server-missing-shard"])
    #expect(impossible.status == 1 && impossible.standardError.contains("this rehearsal needs a CouchDB: there is no '/nowhere'"))
    #expect(missing.output.text.contains("creating missing database"))

    try Data("#!/bin/sh\necho 'no room' >>\"$0.log\"; exit 1\n".utf8).write(to: URL(filePath: stage.server.executable))
    let dead = try stage.drill()
    #expect(dead.output.status == 1 && dead.kinds == ["server-not-started"], "\(dead.findings)")
    #expect(try stage.processes().isEmpty)
    stage.drills.expectNothingLeft()
  }

  @Test func `without one, or with one of an older line, the record says that it was not run and why`() async throws {
    let stage = try await Stage()
    let none = try stage.drills.drill("usb", ["--couchdb", "/nowhere/couchdb"])
    #expect(none.output.status == 0 && none.server["reason"] as? String == "there is no '/nowhere/couchdb'")
    #expect(none.server["passed"] == nil)
    #expect(try stage.drills.status(of: "usb")["last_proof"] as? String == "drill", "what is shown tells the difference")
    let page = try #require(FileManager.default.contentsOfDirectory(atPath: stage.drills.evidence.path).first { $0.hasSuffix(".md") })
    let text = try String(contentsOf: stage.drills.evidence.appending(path: page), encoding: .utf8)
    #expect(text.contains("PASSED (files alone)") && text.contains("**not run**: there is no '/nowhere/couchdb'"), "\(text)")
  }

  @Test func `after kill -9 with a stand-in running, the next drill takes it away and begins anew`() async throws {
    let stage = try await Stage(pause: 600)
    let running = try stage.drills.deployment.startAkiba(["drill", "--couchdb", stage.server.executable])
    #expect(
      stage.drills.deployment.wait(atMost: 120) {
        // Before that it is still becoming one program after the other, and has no environment in between.
        ((try? String(contentsOfFile: stage.drills.scratch + "/server/couchdb.log", encoding: .utf8)) ?? "").contains("listening")
      })
    running.signal(SIGKILL)
    _ = try running.wait()
    #expect(try !stage.processes().isEmpty, "the server lives on")

    let next = try stage.drills.drill("usb", ["--offline"])

    #expect(next.output.status == 0 && next.record["resumed"] as? Bool == false, "\(next.output.standardError)")
    #expect(try stage.processes().isEmpty)
    stage.drills.expectNothingLeft()
  }

  @Test func `^C with a stand-in running takes it away at once`() async throws {
    let stage = try await Stage(pause: 600)
    let running = try stage.drills.deployment.startAkiba(["drill", "--couchdb", stage.server.executable])
    #expect(try stage.drills.deployment.wait(atMost: 120) { try !stage.processes().isEmpty })
    running.signal(SIGINT)
    let output = try running.wait()

    #expect(output.status == 130, "\(output.standardError)")
    #expect(try stage.processes().isEmpty)
  }
}

/// The same with a real CouchDB, where the environment names one: `AKIBA_COUCHDB=/opt/couchdb/bin/couchdb`.
@Suite(.serialized, .enabled(if: RealCouchDB.executable != nil && geteuid() == 0, "AKIBA_COUCHDB names no CouchDB"))
struct RealServerTests {
  @Test(arguments: Corpora.bundled + Corpora.large.filter { $0.hasPrefix("odd") || $0.hasPrefix("small") })
  func `a real CouchDB gives the answers of its files, and notices a missing shard`(_ corpus: String) throws {
    let deployment = try TestDeployment(copying: [Corpora.folder(corpus).appending(path: "data")])
    try deployment.backup()
    let drill = ["drill", "--couchdb", try #require(RealCouchDB.executable), "--json"]

    let sound = try deployment.akiba(drill)
    let rehearsed = try deployment.akiba(drill + ["--rehearse-failure", "server-missing-shard"])

    #expect(sound.status == 0, "\(sound.text)\(sound.standardError)")
    #expect(sound.text.contains("\"views_counted\":") && !sound.text.contains("\"views\":0,"))
    #expect(rehearsed.status == 1 && rehearsed.text.contains("\"result\":\"rehearsed\""), "\(rehearsed.text)")
    #expect(rehearsed.text.contains("creating missing database"), "\(rehearsed.text)")
  }
}

private enum RealCouchDB {
  static let executable = ProcessInfo.processInfo.environment["AKIBA_COUCHDB"]
}
