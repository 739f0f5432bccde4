import Foundation
import TestSupport
import Testing

/// What `akiba doctor` says of a deployment that is known by its paths.
struct PathDoctorTests {
  private struct Diagnosis {
    let output: Program.Output
    let findings: [[String: Any]]
    let good: [[String: Any]]

    init(_ output: Program.Output) throws {
      self.output = output
      findings = try output.objects().filter { $0["type"] as? String == "finding" }
      good = try output.objects().filter { $0["type"] as? String == "ok" }
    }

    func good(_ subject: String) -> [String] {
      good.filter { $0["subject"] as? String == subject }.compactMap { $0["message"] as? String }
    }

    func findings(_ kind: String) -> [[String: Any]] { findings.filter { $0["kind"] as? String == kind } }
  }

  private func host() throws -> PathHost {
    let host = try PathHost()
    try host.addGuide()
    let output = try host.akiba(
      "init", "--cht-dir", host.path("cht"), "--docker-root", host.path("docker"), "--to", "usb=\(host.path("usb"))")
    try #require(output.status == 0, "\(output.standardError)")
    return host
  }

  @Test func `a folder that is no data folder any more is an error, and nothing about it is well`() throws {
    let host = try host()
    try FileManager.default.moveItem(atPath: host.path("cht/couchdb"), toPath: host.path("cht/moved"))
    try host.write("x", to: "cht/couchdb/other")

    let diagnosis = try Diagnosis(try host.akiba("doctor", "--json"))

    #expect(diagnosis.output.status == 1)
    #expect(diagnosis.findings("data-folder-unusable").count == 1 && diagnosis.good("data").isEmpty)
  }

  @Test func `an upgrade that nobody knows of is not made a state of`() throws {
    let diagnosis = try Diagnosis(try host().akiba("doctor", "--json"))

    #expect(diagnosis.good("upgrade").allSatisfy { !$0.contains("unknown") })
  }

  @Test func `the files of all nodes count against the files that may be open`() throws {
    let deployment = try TestDeployment(
      copying: try ["day1", "day1"].map { try Corpora.folder(Corpora.growth).appending(path: $0) })

    let diagnosis = try Diagnosis(try deployment.akiba(["doctor", "--json"]))

    let files = try diagnosis.good("data").map { try #require(Int($0.split(separator: ": ").last?.split(separator: " ").first ?? "")) }
    #expect(files.count == 2)
    #expect(diagnosis.good("open files").count == 1)
    #expect(diagnosis.good("open files").first?.contains("\(files.reduce(0, +)) needed") == true)
  }

  @Test func `a captured file that is not there is an error that names it`() throws {
    let host = try host()
    try FileManager.default.removeItem(atPath: host.path("cht/compose"))

    let diagnosis = try Diagnosis(try host.akiba("doctor", "--json"))

    #expect(diagnosis.findings("unreadable").map { $0["file"] as? String } == [host.path("cht/compose")])
  }

  /// Another user than root, who may read all but one file.
  @Test func `a file of the small parts that this user may not read is an error that names it`() throws {
    let host = try host()
    let file = host.path("cht/upgrade-service/.env")
    try Program.run("/bin/chmod", ["-R", "a+rX", host.folder.path])
    try Program.run("/bin/chmod", ["0", file])
    // The built program may lie where only its owner goes.
    let program = host.path("akiba")
    try FileManager.default.copyItem(atPath: try Akiba.executable(), toPath: program)
    let arguments = [program, "doctor", "--json", "--config", host.configuration]
    let output = try Program.run(
      "/usr/bin/env", geteuid() == 0 ? ["setpriv", "--reuid", "65534", "--clear-groups"] + arguments : arguments)

    let diagnosis = try Diagnosis(output)

    #expect(diagnosis.findings("unreadable").map { $0["file"] as? String } == [file], "\(output.text)\(output.standardError)")
    let remedies = diagnosis.findings("not-root").compactMap { $0["remedy"] as? String }
    #expect(remedies == ["sudo akiba doctor --config \(host.configuration)"])
  }
}
