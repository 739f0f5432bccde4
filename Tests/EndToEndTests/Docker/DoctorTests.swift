import Foundation
import TestSupport
import Testing

/// `akiba doctor` names what would fail a backup or a restore, before it does.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DoctorTests {
  private static let shared = Result { try CHTHost() }

  private func with(_ layout: CHTLayout = .small, body: (HostedDeployment) throws -> Void) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    let hosted = try HostedDeployment(host, try host.bringUp(layout))
    try hosted.initialise()
    try body(hosted)
  }

  private struct Diagnosis {
    let status: Int32
    let findings: [[String: Any]]
    let good: [String]

    init(_ hosted: HostedDeployment) throws {
      let output = try hosted.akiba("doctor", "--json")
      status = output.status
      findings = try output.objects().filter { $0["type"] as? String == "finding" }
      good = try output.objects().filter { $0["type"] as? String == "ok" }.compactMap { $0["subject"] as? String }
      for secret in hosted.cht.secrets { #expect(!output.text.contains(secret) && !output.standardError.contains(secret)) }
      #expect(findings.allSatisfy { ($0["remedy"] as? String)?.isEmpty == false })
    }

    var kinds: Set<String> { Set(findings.compactMap { $0["kind"] as? String }) }
    var errors: Set<String> { Set(findings.filter { $0["severity"] as? String == "error" }.compactMap { $0["kind"] as? String }) }
  }

  @Test func `a host that is well gets its warnings and no error`() throws {
    try with { hosted in
      let diagnosis = try Diagnosis(hosted)

      #expect(diagnosis.status == 3 && diagnosis.errors.isEmpty)
      #expect(diagnosis.kinds.isSuperset(of: ["recovery-key-here", "location-alone", "tls-self-signed", "location-on-data-disk"]))
      #expect(Set(diagnosis.good).isSuperset(of: ["engine", "versions", "certificate", "credentials", "data", "working key", "location"]))
    }
  }

  @Test func `each thing that went wrong is named`() throws {
    try with { hosted in
      let shell = hosted.host.machine
      try shell.bash("chmod 644 '\(hosted.folder)/etc/working.key'")
      #expect(try Diagnosis(hosted).errors == ["key-exposed"])
      try shell.bash("chmod 600 '\(hosted.folder)/etc/working.key'; rm '\(hosted.cht.keyFile)'")
      #expect(try Diagnosis(hosted).errors == ["tls-key-missing"])
      try hosted.host.makePair(
        certificate: hosted.cht.certificateFile, key: hosted.cht.keyFile, name: "cht.example.org", days: 20)
      #expect(try Diagnosis(hosted).kinds.isSuperset(of: ["tls-expiring", "tls-not-served"]))
      try shell.bash("mv '\(hosted.repository)' '\(hosted.repository).away'")
      #expect(try Diagnosis(hosted).errors == ["location-unusable"])
      try shell.bash("mv '\(hosted.repository).away' '\(hosted.repository)'; rm '\(hosted.cht.credentialsFile)'")
      #expect(try Diagnosis(hosted).kinds.isSuperset(of: ["secret-missing", "uuid-missing"]))
      try shell.bash("sed -i 's/NGINX_HTTP_PORT=.*/NGINX_HTTP_PORT=81/; $ a COUCHDB_USER=other' '\(hosted.cht.folders.environmentFile)'")
      #expect(try Diagnosis(hosted).kinds.contains("env-not-applied"))
    }
  }

  @Test func `a second CouchDB on the same data is an error`() throws {
    try with { hosted in
      try hosted.host.docker(
        "run", "--detach", "--name", "old-couchdb", "--network", "none", "--volume", "\(hosted.cht.dataFolders[0]):/opt/couchdb/data",
        "public.ecr.aws/medic/cht-couchdb:5.2.0", "sleep", "1000")

      #expect(try Diagnosis(hosted).errors.contains("data-shared"))
    }
  }

  @Test func `with the engine stopped it says so, and checks the rest from paths`() throws {
    try with { hosted in
      try hosted.host.stopDaemon()
      defer { try? hosted.host.startDaemon() }
      let diagnosis = try Diagnosis(hosted)

      #expect(diagnosis.errors.isEmpty && diagnosis.kinds.contains("engine-unreachable"))
      #expect(diagnosis.good.contains("not learned") && diagnosis.good.contains("certificate"))
    }
  }
}
