import Foundation
import TestSupport
import Testing

/// A deployment with everything that a drill proves: data, credentials, `.env`, a compose file, the certificate's pair.
struct DrillDeployment {
  let deployment: TestDeployment

  var folder: TemporaryFolder { deployment.folder }
  var evidence: URL { folder.url.appending(path: "conf/state/drills") }
  var scratch: String { folder.path("conf/state/akiba-drill-cht") }

  /// - Parameter megabytes: of random bytes beside the data, for drills that take their time.
  init(locations: [String] = ["usb", "nas"], options: [String] = [], megabytes: Int = 0) throws {
    deployment = try TestDeployment.withCredentials(locations: locations, options: options)
    let tls = folder.url.appending(path: "tls")
    try FileManager.default.createDirectory(at: tls, withIntermediateDirectories: true)
    let made = try Program.run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90", "-subj", "/CN=cht.example",
        "-keyout", tls.appending(path: "key.pem").path, "-out", tls.appending(path: "cert.pem").path,
      ])
    try #require(made.status == 0, "\(made.standardError)")
    try Data("services:\n  couchdb:\n    image: ${IMAGE:-medic/cht-couchdb:5}\n".utf8)
      .write(to: folder.url.appending(path: "upgrade/docker-compose.yml"))
    try deployment.editConfiguration { $0.replacing("  # tls: FOLDER", with: "  tls: \(tls.path)") }
    if megabytes > 0 {
      let file = folder.path("extra.bin")
      try Program.run("/bin/dd", ["if=/dev/urandom", "of=\(file)", "bs=1M", "count=\(megabytes)"])
      try deployment.editConfiguration { $0.replacing("extra: []", with: "extra: [\(file)]") }
    }
    try deployment.backup()
  }

  struct Outcome {
    let output: Program.Output
    let record: [String: Any]

    var result: String? { record["result"] as? String }
    var findings: [[String: Any]] { record["findings"] as? [[String: Any]] ?? [] }
    var kinds: Set<String> { Set(findings.filter { $0["severity"] as? String == "error" }.compactMap { $0["kind"] as? String }) }
    var server: [String: Any] { record["server_proof"] as? [String: Any] ?? [:] }
    func says(_ text: String) -> Bool { output.text.contains(text) || output.standardError.contains(text) }
  }

  /// One location, with `--json`.
  func drill(_ location: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws -> Outcome {
    let output = try deployment.akiba(["drill", "--json", "--location", location] + arguments, environment: environment)
    let event = try #require(output.objects().last { $0["type"] as? String == "drill" }, "\(output.text)\(output.standardError)")
    return Outcome(output: output, record: try #require(event["record"] as? [String: Any]))
  }

  /// Records on this host, oldest first.
  func records() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: evidence.path).filter { $0.hasSuffix(".json") }.sorted()
  }

  func expectNothingLeft() {
    #expect(!FileManager.default.fileExists(atPath: scratch), "the scratch copy is still there")
  }

  /// As `status` tells it.
  func status(of location: String) throws -> [String: Any] {
    try #require(try deployment.akiba(["status", "--json"]).objects().first { $0["name"] as? String == location })
  }
}
