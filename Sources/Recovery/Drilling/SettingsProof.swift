package import CouchFormat
package import Deployments
package import Files
import Primitives
package import SystemPackage

/// Proves what a restored deployment needs beside its data: the certificate's pair, `.env`, compose files, the secret and the uuid.
///
/// Bytes are compared elsewhere; this asks whether they would work. What the snapshot does not hold is not asked for: the backup said so.
package struct SettingsProof: Sendable {
  package struct Report: Sendable {
    package fileprivate(set) var findings: [Finding] = []
    /// What was looked at, for people.
    package fileprivate(set) var looked: [String] = []
  }

  private let folder: FilePath
  private let manifest: Manifest
  private let now: FileTime

  /// - Parameter folder: that a restore filled.
  package init(restored folder: FilePath, manifest: Manifest, now: FileTime) {
    self.folder = folder
    self.manifest = manifest
    self.now = now
  }

  package func run() throws -> Report {
    var report = Report()
    let environment = try proveEnvironment(&report)
    try proveCompose(environment, &report)
    try proveCertificates(&report)
    try proveCredentials(environment, &report)
    return report
  }

  private func holds(_ place: String) -> Bool { manifest.files.contains { $0.path == place || $0.path.hasPrefix(place + "/") } }

  /// - Returns: `nil` for what is not there: that is a finding of the offline proof.
  private func bytes(at path: String) throws -> [UInt8]? {
    let path = folder.appending(path)
    guard try FileMetadata.ifPresent(path) != nil else { return nil }
    let file = try HeldFile(opening: path)
    return try file.bytes(at: 0, count: file.byteCount)
  }

  // MARK: .env and compose files

  private func proveEnvironment(_ report: inout Report) throws -> [String: String] {
    var values: [String: String] = [:]
    for path in manifest.files.map(\.path) where path.hasPrefix("cht/") && FilePath(path).lastComponent?.string == ".env" {
      guard let bytes = try bytes(at: path) else { continue }
      do throws(EnvironmentFileError) {
        for variable in try EnvironmentFile(bytes: bytes, lookup: { _ in nil }).variables { values[variable.name] = variable.value }
        report.looked.append("'\(path)' parses")
      } catch {
        report.findings.append(
          Finding(
            .error, .settingsUnreadable, file: path, message: "Compose would not read '\(path)': \(error.summary)",
            remedy: "correct the file on the host, or take it from an earlier snapshot"))
      }
    }
    return values
  }

  private func proveCompose(_ environment: [String: String], _ report: inout Report) throws {
    let places = [CapturedFolder.Place.compose, .upgradeService].map { $0.snapshotPath + "/" }
    var count = 0
    for path in manifest.files.map(\.path)
    where places.contains(where: path.hasPrefix) && (path.hasSuffix(".yml") || path.hasSuffix(".yaml")) {
      guard let bytes = try bytes(at: path) else { continue }
      do throws(ComposeFileError) {
        _ = try ComposeFile(bytes: bytes) { environment[$0] }
        count += 1
      } catch {
        // Other programs keep their settings in such files, too.
        if error.kind == .notCompose { continue }
        report.findings.append(
          Finding(
            .error, .settingsUnreadable, file: path, message: "Compose would not read '\(path)': \(error.summary)",
            remedy: "correct the file on the host, or take it from an earlier snapshot"))
      }
    }
    if count > 0 { report.looked.append("\(count) compose \(count == 1 ? "file parses" : "files parse")") }
  }

  // MARK: Certificate

  private func proveCertificates(_ report: inout Report) throws {
    let place = CapturedFolder.Place.tls.snapshotPath
    guard holds(place) else { return }
    let pair = TLSPair.examine(
      certificate: try bytes(at: "\(place)/\(TLSPair.certificateName)"), key: try bytes(at: "\(place)/\(TLSPair.keyName)"), now: now)
    if pair.keyMatches { report.looked.append("the key belongs to the certificate") }
    for var finding in pair.findings {
      // That time passed is no fault of the copy.
      if [.tlsExpired, .tlsNotYetValid].contains(finding.kind) { finding.severity = .warning }
      finding.file = "\(place)/\(finding.file)"
      report.findings.append(finding)
    }
  }

  // MARK: Credentials

  private func proveCredentials(_ environment: [String: String], _ report: inout Report) throws {
    for node in manifest.nodes {
      let places = [SnapshotLayout.localINI(node: node.name), SnapshotLayout.localD(node: node.name)].filter(holds)
      guard !places.isEmpty else { continue }
      let settings = try CouchSettings(reading: places.map { folder.appending($0) })
      var findings = settings.findings(intended: environment)
      if settings.uuid == nil, environment["COUCHDB_UUID"] ?? "" != "" {
        findings.removeAll { $0.kind == .uuidMissing }
      }
      report.findings += findings.map { finding in
        var finding = finding
        finding.file = places[0]
        return finding
      }
      if settings.sessionSecret != nil, settings.uuid != nil { report.looked.append("secret and uuid of '\(node.name)' are there") }
      if let secret = settings.vaultSecret { try proveVault(secret, node.name, &report) }
    }
  }

  private func proveVault(_ secret: Secret, _ node: String, _ report: inout Report) throws {
    let data = folder.appending(SnapshotLayout.dataFolder(node: node))
    // Data that cannot be read are a finding of the offline proof.
    guard let vault = (try? VaultCheck.open(dataFolder: data, secret: secret)) ?? nil, vault.credentials > 0 else { return }
    report.findings += vault.findings
    report.looked.append("the secret opens \(vault.opened) of \(vault.credentials) credentials in 'medic-vault'")
  }
}

extension FindingKind {
  package static let settingsUnreadable = Self(rawValue: "settings-unreadable")
}
