import Foundation

extension CHTHost {
  /// Returns when the containers have done what they do at their start.
  func settle(_ installation: inout CHTInstallation) throws {
    let project = installation.project
    let volumes = try docker(
      "volume", "ls", "--filter", "label=com.docker.compose.project=\(project)", "--format", "{{.Name}}\t{{.Mountpoint}}")
    installation.volumeFolders = Self.pairs(volumes)
    installation.containers = Self.pairs(
      try docker(
        "ps", "--all", "--filter", "label=com.docker.compose.project=\(project)", "--format",
        #"{{.Label "com.docker.compose.service"}}\#t{{.Names}}"#))
    let credentials = installation.credentialsFile
    try wait(for: "CouchDB's credentials") { FileManager.default.fileExists(atPath: credentials) }
    let nginx = installation.containers["nginx"] ?? ""
    if installation.layout.certificate == .selfSigned {
      try waitForNginx(of: installation)
    } else {
      try wait(for: "nginx to end twice") { try Int(docker("inspect", "--format", "{{.RestartCount}}", nginx)) ?? 0 >= 2 }
    }
    if installation.layout.certificate == .unknownMode {
      try makePair(certificate: installation.certificateFile, key: installation.keyFile, name: installation.commonName)
    }
  }

  /// Returns when it serves.
  package func waitForNginx(of installation: CHTInstallation) throws {
    try wait(for: "nginx") { try servedCertificate(port: installation.layout.httpsPort) != nil }
  }

  package func stopNginx(of installation: CHTInstallation) throws { try docker("stop", installation.containers["nginx"] ?? "") }

  package func removeNginx(of installation: inout CHTInstallation) throws {
    try docker("rm", "--force", installation.containers.removeValue(forKey: "nginx") ?? "")
  }

  /// `.env` names another data folder now than the containers have.
  package func editEnvironment(of installation: CHTInstallation) throws {
    let file = installation.folders.environmentFile
    let (old, new) = ("COUCHDB_DATA=\(installation.folders.couchDB)\n", "COUCHDB_DATA=\(installation.editedDataFolder)\n")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    guard text.contains(old) else { throw LeashedServer.Failed(description: "'\(file)' has no line '\(old)'") }
    try Data(text.replacing(old, with: new).utf8).write(to: URL(filePath: file))
  }

  /// Fills in what exists only now.
  func describe(_ installation: inout CHTInstallation, upgradeService: String) throws {
    installation.containers["cht-upgrade-service"] = String(try docker("inspect", "--format", "{{.Name}}", upgradeService).dropFirst())
    let planted = installation.planted
    installation.secrets = [planted.password, planted.oldPassword, planted.secret, planted.registryToken]
    let credentials = try String(contentsOfFile: installation.credentialsFile, encoding: .utf8)
    for line in credentials.split(separator: "\n") where line.hasPrefix("medic = ") || line.hasPrefix("secret = ") {
      installation.secrets.append(String(line.split(separator: " = ")[1]))
    }
    if let key = try? String(contentsOfFile: installation.keyFile, encoding: .utf8) {
      installation.secrets += key.split(separator: "\n").filter { !$0.hasPrefix("-----") && $0.count >= 32 }.map(String.init)
    }
  }

  /// The certificate that is served on the host's loopback, as PEM. Nil if there is no answer.
  package func servedCertificate(port: Int) throws -> String? {
    let output = try run(["sh", "-c", "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509 2>/dev/null"])
    return output.status == 0 ? output.text : nil
  }

  /// A self-signed pair with such a common name.
  package func makePair(certificate: String, key: String, name: String, days: Int = 365) throws {
    _ = try Programs.succeed(
      run([
        "openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "\(days)", "-subj", "/O=Test/CN=\(name)", "-keyout", key,
        "-out", certificate,
      ]))
  }

  private func wait(for what: String, until isReady: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !isReady() {
      guard ContinuousClock.now < deadline else {
        throw LeashedServer.Failed(description: "waited for \(what) in vain:\n" + (try docker("ps", "--all")))
      }
      usleep(20_000)
    }
  }

  private static func pairs(_ text: String) -> [String: String] {
    Dictionary(
      text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }.filter { $0.count == 2 }.map { ($0[0], $0[1]) },
      uniquingKeysWith: { first, _ in first })
  }
}
