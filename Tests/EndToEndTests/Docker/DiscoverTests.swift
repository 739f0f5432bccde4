import Foundation
import TestSupport
import Testing

/// `akiba discover` against real engines, with projects that real Compose brought up.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DiscoverTests {
  private static let shared = Result { try CHTHost() }

  /// Runs `discover --json` with these layouts up.
  private func discover(
    _ layouts: CHTLayout..., on host: CHTHost? = nil, body: (CHTHost, [CHTInstallation], Found) throws -> Void
  ) throws {
    let host = try host ?? Self.shared.get()
    defer { try? host.clear() }
    let all = try layouts.map { try host.bringUp($0) }
    let found = try Found(host, secrets: all.flatMap(\.secrets))
    try body(host, all, found)
  }

  /// What every layout has in common.
  private func expectParts(_ cht: CHTInstallation, _ deployment: Found.Deployment) {
    #expect(deployment.name == cht.project && deployment.installation["project"] as? String == cht.project)
    #expect(deployment.data == cht.dataFolders)
    #expect(deployment.localD.first == cht.volumeFolders[cht.credentialsVolume])
    #expect(deployment.files("tls") == [cht.volumeFolders[cht.sslVolume]])
    #expect(deployment.files("compose") == [cht.folders.compose])
    #expect(deployment.files("upgrade-service") == [cht.folders.upgradeService])
    if cht.layout.hasSecretInEnvironment { #expect(deployment.credentials["uuid"] as? String == cht.planted.uuid) }
    #expect((deployment.credentials["secret_fingerprint"] as? String)?.count == 16)
  }

  @Test(arguments: [CHTLayout.guide, .composeV1])
  func `the guide's layout is found whole, whichever Compose named its containers`(_ layout: CHTLayout) throws {
    try discover(layout) { host, all, found in
      let cht = all[0]
      let deployment = try #require(found.deployments.first)

      #expect(found.deployments.count == 1)
      expectParts(cht, deployment)
      #expect(deployment.installation["cht_version"] as? String == layout.version.text)
      #expect(deployment.installation["couchdb_version"] as? String == layout.version.couchDB)
      #expect((deployment.certificate["subject"] as? String)?.contains("CN=\(cht.commonName),") == true)
      #expect(deployment.certificate["key_matches"] as? Bool == true && deployment.certificate["self_signed"] as? Bool == true)
      #expect(deployment.certificate["served"] as? Bool == true)
      #expect(deployment.services == cht.containers)
      #expect(deployment.installation["networks"] as? [String] == ["cht-net"])
      #expect(deployment.installation["ports"] as? [String] == ["0.0.0.0:443->443/tcp", "0.0.0.0:80->80/tcp"])
      // A file that an added compose file mounts from outside; nothing of the system that cAdvisor mounts.
      #expect(deployment.files("extra").contains(host.home + "/Caddyfile"))
      #expect(!deployment.files("extra").contains { ["/", "/sys", "/var/lib/docker"].contains($0) })
      #expect(found.findings(.error).isEmpty)
    }
  }

  @Test(arguments: [CHTLayout.clinic, .stoppedNginx, .removedNginx, .namedVolumeData, .cluster])
  func `any project name, nginx stopped or gone, data in a volume, three nodes`(_ layout: CHTLayout) throws {
    try discover(layout) { _, all, found in
      let deployment = try #require(found.deployments.first)

      #expect(found.deployments.count == 1)
      expectParts(all[0], deployment)
      #expect(found.findings(.error).isEmpty)
      if layout.nginx == .stopped { #expect(found.kinds(.warning).contains("container-not-running")) }
    }
  }

  @Test func `data behind a link keep the path that CouchDB has, and the link is named`() throws {
    try discover(.symlinkedData) { _, all, found in
      let deployment = try #require(found.deployments.first)
      let part = try #require(deployment.parts.first { $0["role"] == "data" })

      #expect(deployment.data == [all[0].folders.couchDB])
      #expect(part["because"]?.contains("it leads to '\(all[0].dataFolders[0])'") == true)
      #expect(found.findings(.error).isEmpty)
    }
  }

  @Test func `two projects of one host are two deployments, and the network they share is named`() throws {
    try discover(.small, .second) { _, all, found in
      try #require(found.deployments.map(\.name) == ["cht", "cht2"])
      for (cht, deployment) in zip(all, found.deployments) { expectParts(cht, deployment) }
      #expect(found.kinds(.warning).contains("network-shared"))
    }
  }

  @Test func `without COUCHDB_DATA the data are where the engine put them, and that is said`() throws {
    try discover(.unsetData) { _, all, found in
      let deployment = try #require(found.deployments.first)

      #expect(deployment.data == ["/docker-compose/srv"])
      // Only the volume has it.
      #expect((deployment.credentials["uuid"] as? String)?.isEmpty == false)
      #expect(found.kinds(.warning).contains("mount-differs") && found.findings(.error).isEmpty)
    }
  }

  @Test func `a .env that was edited afterwards is an error that names both folders, and init stops`() throws {
    try discover(.environmentDiffers) { host, all, found in
      let cht = all[0]
      let error = try #require(found.findings(.error).first)

      #expect(found.deployments.first?.data == [cht.folders.couchDB])
      #expect(error["kind"] as? String == "mount-differs")
      #expect((error["message"] as? String)?.contains("'\(cht.folders.couchDB)'") == true)
      #expect((error["message"] as? String)?.contains("'\(cht.editedDataFolder)'") == true)
      #expect(found.kinds(.warning).contains("env-not-applied"))

      let arguments = ["init", "--config", host.folder + "/etc/akiba.yaml", "--to", "usb=\(host.folder)/usb"]
      let refused = try host.run([try Akiba.executable()] + arguments)
      #expect(refused.status == 1 && refused.standardError.contains("--data \(cht.folders.couchDB)"))
      let told = try host.run([try Akiba.executable()] + arguments + ["--project", "cht", "--data", cht.folders.couchDB])
      #expect(told.status == 0, "\(told.standardError)")
    }
  }

  @Test func `a missing pair is an error that names the consequence, also while nginx crashes again and again`() throws {
    try discover(.crashLoopingNginx) { _, _, found in
      let errors = found.findings(.error)

      #expect(Set(errors.compactMap { $0["kind"] as? String }) == ["tls-certificate-missing", "tls-key-missing"])
      #expect(errors.allSatisfy { ($0["message"] as? String)?.contains("refuse to sync") == true })
    }
  }

  @Test func `a renewed certificate that nginx does not serve yet is named, with the command that makes it`() throws {
    try discover(.small) { host, all, _ in
      try host.makePair(certificate: all[0].certificateFile, key: all[0].keyFile, name: "new.example.org", days: 90)
      let found = try Found(host, secrets: all[0].secrets)
      let finding = try #require(found.findings(.warning).first { $0["kind"] as? String == "tls-not-served" })

      #expect(found.deployments.first?.certificate["served"] as? Bool == false)
      #expect(finding["remedy"] as? String == "docker exec \(all[0].containers["nginx"] ?? "") nginx -s reload")
    }
  }

  @Test func `with every container removed the volumes and .env still tell`() throws {
    try discover(.small) { host, all, _ in
      try host.machine.bash("docker ps --all --quiet --filter label=com.docker.compose.project=cht | xargs docker rm --force")
      let found = try Found(host, secrets: all[0].secrets)
      let deployment = try #require(found.deployments.first)

      expectParts(all[0], deployment)
      #expect(deployment.parts.first { $0["role"] == "data" }?["because"]?.contains("no CouchDB container") == true)
    }
  }

  @Test(.enabled(if: HostEngine.podman.isPossible))
  func `Podman's socket tells the same`() throws {
    let host = try CHTHost(.podman)
    defer { host.tearDown() }
    try discover(.guide, on: host) { _, all, found in
      let deployment = try #require(found.deployments.first)

      expectParts(all[0], deployment)
      #expect(deployment.services.count == all[0].containers.count)
      #expect((deployment.installation["engine"] as? [String: String])?["name"]?.contains("Podman") == true)
    }
  }

  @Test func `where no engine answers, it is said where one was looked for and what to type`() throws {
    let host = try Self.shared.get()
    try host.stopDaemon()
    defer { try? host.startDaemon() }

    let output = try host.run([try Akiba.executable(), "discover"])

    #expect(output.status == 1)
    #expect(output.standardError.contains("/var/run/docker.sock") && output.standardError.contains("akiba discover --cht-dir"))
  }
}

/// What `discover --json` said.
struct Found {
  enum Severity: String { case error, warning }

  struct Deployment {
    let event: [String: Any]

    var name: String { event["name"] as? String ?? "" }
    var installation: [String: Any] { event["installation"] as? [String: Any] ?? [:] }
    var certificate: [String: Any] { installation["certificate"] as? [String: Any] ?? [:] }
    var credentials: [String: Any] { installation["credentials"] as? [String: Any] ?? [:] }
    var parts: [[String: String]] { installation["parts"] as? [[String: String]] ?? [] }
    var data: [String] { nodes.compactMap { $0["data"] } }
    var localD: [String] { nodes.compactMap { $0["local_d"] } }
    private var nodes: [[String: String]] { event["nodes"] as? [[String: String]] ?? [] }

    func files(_ place: String) -> [String?] {
      (event["files"] as? [[String: String]] ?? []).filter { $0["place"] == place }.map { $0["source"] }
    }

    /// Container names by service.
    var services: [String: String] {
      let services = installation["services"] as? [[String: String]] ?? []
      return Dictionary(services.map { ($0["service"] ?? "", $0["container"] ?? "") }) { $1 }
    }
  }

  let objects: [[String: Any]]

  init(_ host: CHTHost, _ arguments: [String] = [], secrets: [String]) throws {
    let output = try host.run([try Akiba.executable(), "discover", "--json"] + arguments)
    try #require(output.status == 0, "akiba discover: \(output.standardError)")
    for secret in secrets { #expect(!output.text.contains(secret) && !output.standardError.contains(secret)) }
    objects = try output.objects()
  }

  var deployments: [Deployment] { objects.filter { $0["type"] as? String == "deployment" }.map { Deployment(event: $0) } }

  func findings(_ severity: Severity) -> [[String: Any]] {
    objects.filter { $0["type"] as? String == "finding" && $0["severity"] as? String == severity.rawValue }
  }

  func kinds(_ severity: Severity) -> Set<String> { Set(findings(severity).compactMap { $0["kind"] as? String }) }
}
