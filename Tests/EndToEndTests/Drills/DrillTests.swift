import Foundation
import TestSupport
import Testing

/// `akiba drill --offline` with the built program.
@Suite(.serialized)
struct DrillTests {
  // MARK: What passes

  @Test(arguments: AnswersTests.subjects.filter { $0.folders.count == 1 && ($0.corpus != "series-3.5" || $0.folders == ["T4/data"]) })
  func `what a drill restores gives exactly CouchDB's answers`(_ subject: AnswersTests.Subject) throws {
    let corpus = try Corpora.folder(subject.corpus)
    let expected = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: corpus.appending(path: subject.expected))) as? [String: Any])
    let deployment = try TestDeployment(copying: [corpus.appending(path: subject.folders[0])])
    try deployment.backup()

    let drill = try deployment.akiba(["drill", "--offline", "--keep", "--scratch", deployment.folder.path("scratch"), "--json"])

    #expect(drill.status == 0, "\(drill.text)\(drill.standardError)")
    let restored = deployment.folder.path("scratch/akiba-drill-cht/restored")
    try AnswersTests.expect(
      deployment.akiba(["verify", "--restored", restored, "--json", "--answers"]),
      toSay: try #require(expected["dbs"] as? [String: [String: Any]]),
      listsPurges: (expected["couchdb"] as? String)?.hasPrefix("3.3") ?? false)
  }

  @Test func `a drill leaves evidence here, at every location and in the next backup, and nothing else`() throws {
    let drills = try DrillDeployment()
    let deployment = drills.deployment

    let outcome = try drills.drill("usb", ["--offline"])

    #expect(outcome.output.status == 0 && outcome.result == "passed", "\(outcome.output.text)\(outcome.output.standardError)")
    drills.expectNothingLeft()
    let proof = try #require(outcome.record["offline_proof"] as? [String: Any])
    let settings = try #require(proof["settings"] as? [String])
    for looked in [".env' parses", "compose file parses", "key belongs to the certificate", "secret and uuid of"] {
      #expect(settings.contains { $0.contains(looked) }, "\(looked) in \(settings)")
    }
    #expect(outcome.server["passed"] == nil && outcome.server["reason"] as? String == "--offline was given")
    #expect((outcome.record["phases"] as? [[String: Any]])?.map { $0["name"] as? String } == ["open", "restore", "offline-proof"])
    #expect((outcome.record["key"] as? [String: Any])?["role"] as? String == "working")

    let names = try FileManager.default.contentsOfDirectory(atPath: drills.evidence.path).sorted()
    try #require(names.count == 3 && names.map { ($0 as NSString).pathExtension } == ["html", "json", "md"], "\(names)")
    for (number, _) in deployment.repositories.enumerated() {
      let listed = try deployment.restic(["ls", "--tag", "akiba-drill", "latest"], repository: number)
      for name in names { #expect(listed.text.contains("/akiba/drills/\(name)\n"), "\(listed.text)\(listed.standardError)") }
      try deployment.expectResticFindsNoErrors(repository: number)
    }
    try deployment.backup()
    let target = try deployment.restore()
    for name in names {
      #expect(
        FileManager.default.contents(atPath: target.path + "/akiba/drills/\(name)")
          == FileManager.default.contents(atPath: drills.evidence.appending(path: name).path), "\(name)")
    }
    #expect(try deployment.akiba(["verify", "--restored", target.path]).status == 0)
    #expect(try deployment.akiba(["verify", "latest"]).status == 0)
    #expect(try deployment.snapshots().count == 2, "evidence is no backup")
  }

  @Test func `the newest snapshot is a backup for every program, also right after a drill`() throws {
    let drills = try DrillDeployment(locations: ["usb"])
    #expect(try drills.drill("usb", ["--offline"]).output.status == 0)
    let target = drills.folder.path("stock")

    // As RECOVERY.md of every snapshot has it.
    #expect(try drills.deployment.restic(["restore", "latest", "--target", target]).status == 0)

    #expect(FileManager.default.fileExists(atPath: target + "/akiba/manifest.json"))
    #expect(try drills.deployment.akiba(["verify", "--restored", target]).status == 0)
    #expect(try drills.deployment.akiba(["pin", "latest"]).status == 0)
    #expect(try drills.deployment.snapshots().count == 1)
  }

  @Test func `a removable drive that is away is not drilled; one that is there and damaged is red`() throws {
    let drills = try DrillDeployment()
    let deployment = drills.deployment
    try deployment.editConfiguration { $0.replacing("  - name: usb\n", with: "  - name: usb\n    removable: yes\n") }
    #expect(try deployment.akiba(["status"]).text.contains("usb"))
    let data = URL(filePath: deployment.repositories[0] + "/data")
    for pack in try data.filesBelow() { try FileManager.default.removeItem(at: data.appending(path: pack)) }
    let damaged = try drills.drill("usb", ["--offline"])
    #expect(damaged.output.status == 1 && damaged.kinds == ["drill-failed"], "\(damaged.findings)")

    try FileManager.default.moveItem(atPath: deployment.repositories[0], toPath: drills.folder.path("away"))
    let away = try deployment.akiba(["drill", "--offline", "--all"])

    #expect(away.status == 0 && away.standardError.contains("location 'usb' is away, as agreed"), "\(away.text)\(away.standardError)")
    #expect(try deployment.akiba(["drill", "--offline", "--location", "usb"]).status == 3)
    #expect(try drills.records().count == 2)
  }

  @Test func `pages say what the record says, and are whole by themselves`() throws {
    let drills = try DrillDeployment()
    let outcome = try drills.drill("usb", ["--offline"])
    let base = try #require(drills.records().first).dropLast(5)
    let html = try String(contentsOf: drills.evidence.appending(path: base + ".html"), encoding: .utf8)
    let text = try String(contentsOf: drills.evidence.appending(path: base + ".md"), encoding: .utf8)

    let id = try #require((outcome.record["snapshot"] as? [String: Any])?["id"] as? String).prefix(16)
    for page in [html, text] {
      for fact in ["PASSED (files alone)", String(id), "--offline was given", "the working key", "usb", "(RPO)", "(RTO)"] {
        #expect(page.contains(fact), "\(fact)")
      }
      for secret in [PlantedSecrets.password, PlantedSecrets.secret] { #expect(!page.contains(secret)) }
    }
    #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("<script") && !html.contains("src="))
  }

  @Test func `status counts a location only with a drill, names what is due, and tells what kind it was`() throws {
    let drills = try DrillDeployment()
    let before = try drills.status(of: "usb")
    #expect(before["drill_due"] as? String == "never drilled")
    #expect((before["gaps"] as? [String])?.contains("no drill: nobody restored from it") == true)
    let doctor = try drills.deployment.akiba(["doctor"]).standardError
    #expect(doctor.contains("location 'nas' is due for a drill: never drilled"), "\(doctor)")

    #expect(try drills.drill("usb", ["--offline"]).output.status == 0)

    let after = try drills.status(of: "usb")
    #expect(after["last_proof"] as? String == "drill" && after["drill_due"] == nil && after["last_drill_passed"] as? Bool == true)
    #expect((after["gaps"] as? [String])?.contains { $0.contains("drill") } == false)
    let screen = try drills.deployment.akiba(["status"]).text
    #expect(screen.contains("due for a drill (never drilled): akiba drill --config"), "\(screen)")
    #expect(screen.contains("--location nas") && !screen.contains("--location usb"), "\(screen)")
  }

  @Test func `both keys are used in turn, and one that was taken away is tried where a person names it`() throws {
    let drills = try DrillDeployment(locations: ["usb"])
    func role(_ arguments: [String] = []) throws -> String? {
      let outcome = try drills.drill("usb", ["--offline"] + arguments)
      #expect(outcome.output.status == 0, "\(outcome.output.standardError)")
      return (outcome.record["key"] as? [String: Any])?["role"] as? String
    }
    #expect(try drills.deployment.akiba(["status"]).text.contains("recovery key: never tried in a drill"))

    #expect(try [role(), role(), role()] == ["working", "recovery", "working"])
    #expect(try drills.deployment.akiba(["status"]).text.contains("recovery key: opened a location in a drill"))
    let safe = drills.folder.path("safe.key")
    try FileManager.default.moveItem(atPath: drills.deployment.recoveryKey, toPath: safe)
    #expect(try role() == "working", "it is not here")
    #expect(try role(["--recovery-key", safe]) == "recovery")
  }

  // MARK: What does not

  @Test func `nothing but the location serves: damage there is red, though a sibling could heal it`() throws {
    let drills = try DrillDeployment()
    let data = URL(filePath: drills.deployment.repositories[0] + "/data")
    for pack in try data.filesBelow() { try data.appending(path: pack).flipBit(at: 3000) }

    let damaged = try drills.drill("usb", ["--offline"])
    let sound = try drills.drill("nas", ["--offline"])

    #expect(damaged.output.status == 1 && damaged.result == "failed" && damaged.kinds == ["drill-failed"], "\(damaged.findings)")
    #expect(sound.output.status == 0)
    #expect(try drills.status(of: "usb")["last_drill_passed"] as? Bool == false)
    #expect(try drills.deployment.akiba(["status", "--json"]).objects().last?["verdict"] as? String == "critical")
    #expect(try drills.records().count == 2, "a failed drill is evidence, too")
    drills.expectNothingLeft()
  }

  @Test func `objects that are gone, a missing snapshot and a location that is away are red and evidence`() throws {
    let drills = try DrillDeployment()
    let repository = URL(filePath: drills.deployment.repositories[0])
    for pack in try repository.appending(path: "data").filesBelow() {
      try FileManager.default.removeItem(at: repository.appending(path: "data/\(pack)"))
    }
    #expect(try drills.drill("usb", ["--offline"]).kinds == ["drill-failed"])
    for snapshot in repository.appending(path: "snapshots").entries() {
      try FileManager.default.removeItem(at: repository.appending(path: "snapshots/\(snapshot)"))
    }
    #expect(try drills.drill("usb", ["--offline"]).kinds == ["drill-failed"])
    try FileManager.default.moveItem(atPath: repository.path, toPath: drills.folder.path("away"))
    let away = try drills.drill("usb", ["--offline"])

    #expect(away.output.status == 1 && away.kinds == ["drill-failed"] && away.record["snapshot"] == nil)
    #expect(try drills.records().count == 3)
  }

  private static let kinds: [(kind: String, finding: String)] = [
    ("missing-shard", "shard-missing"), ("empty-shard", "header-missing"), ("cut-shard", "file-differs"), ("flipped-bit", "file-differs"),
    ("view-ahead", "view-ahead"), ("compaction-leftover", "compaction-leftover"), ("changed-manifest", "file-differs"),
    ("missing-environment", "file-missing"), ("missing-secret", "secret-missing"), ("wrong-certificate-key", "tls-key-mismatch"),
    ("wrong-key", "key-refused"),
  ]

  @Test func `each rehearsed failure ends red with its finding, and says nothing of the location`() throws {
    let drills = try DrillDeployment(locations: ["usb"])
    for (kind, finding) in Self.kinds {
      let outcome = try drills.drill("usb", ["--offline", "--rehearse-failure", kind])

      #expect(outcome.output.status == 1 && outcome.result == "rehearsed", "\(kind): \(outcome.output.text)\(outcome.output.standardError)")
      #expect(outcome.kinds.contains(finding), "\(kind): \(outcome.kinds)")
      let last = try #require(outcome.record["last_rehearsal"] as? [String: Any])
      #expect(last["kind"] as? String == kind && last["noticed"] as? Bool == true)
      drills.expectNothingLeft()
    }
    #expect(try drills.status(of: "usb")["last_drill"] == nil, "a rehearsal is no drill of the location")
    let sound = try drills.drill("usb", ["--offline"])
    #expect(sound.output.status == 0 && (sound.record["last_rehearsal"] as? [String: Any])?["kind"] as? String == "wrong-key")
    #expect((sound.record["key"] as? [String: Any])?["role"] as? String == "working", "rehearsals do not take turns")
  }

  @Test func `a rehearsal with nothing to damage is refused, and no evidence`() throws {
    let deployment = try TestDeployment.growth()
    try deployment.backup()
    let output = try deployment.akiba(["drill", "--offline", "--rehearse-failure", "wrong-certificate-key"])

    #expect(output.status == 1 && output.standardError.contains("cannot be rehearsed with this snapshot"), "\(output.standardError)")
    #expect(!FileManager.default.fileExists(atPath: deployment.folder.path("conf/state/drills")))
    let unknown = try deployment.akiba(["drill", "--rehearse-failure", "nonsense"])
    #expect(unknown.status == 64 && unknown.standardError.contains("missing-shard"), "\(unknown.standardError)")
  }
}
