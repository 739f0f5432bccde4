import Primitives
import CouchFormat
package import Files
import SystemPackage

/// What can be learned from the files of a deployment, however it was found: certificate, credentials, a running upgrade, the state of its
/// data folders.
package struct Inspection: Sendable {
  private let reader: HostReader
  private let now: FileTime

  package init(reader: HostReader, now: FileTime) {
    self.reader = reader
    self.now = now
  }

  /// - Parameter intended: what `.env` says.
  package func inspect(_ found: inout FoundDeployment, intended: [String: String]) async {
    checkDataFolders(&found)
    await readCredentials(&found, intended)
    await readCertificate(&found)
    readUpgrade(&found)
  }

  private func checkDataFolders(_ found: inout FoundDeployment) {
    for node in found.nodes {
      do {
        try DataFolderError.check(node.dataFolder)
      } catch let error as DataFolderError {
        found.fail(.dataFolderUnusable, node.dataFolder.string, error.summary, remedy: error.hints.first ?? "")
      } catch let error as FileError {
        found.fail(.dataFolderUnusable, node.dataFolder.string, error.summary, remedy: error.hints.first ?? "run as root")
      } catch {
        found.didNotLearn("the state of '\(node.dataFolder)': \(error)")
      }
    }
  }

  // MARK: Credentials

  private func readCredentials(_ found: inout FoundDeployment, _ intended: [String: String]) async {
    guard let places = found.nodes.lazy.map(\.settings).first(where: { !$0.isEmpty }), let folder = places.last else { return }
    var files: [(name: String, bytes: [UInt8])] = []
    for place in places {
      guard let more = await reader.files(in: place) else {
        return found.didNotLearn("uuid and secret: '\(place)' cannot be read by this user")
      }
      files += more.filter { $0.name.hasSuffix(".ini") }.sorted { $0.name < $1.name }
    }
    let settings = CouchSettings(files: files)
    found.installation.credentials = Installation.Credentials(
      uuid: settings.uuid, secretFingerprint: settings.vaultSecret.map { $0.fingerprint(salt: settings.uuid ?? "") },
      admins: settings.admins)
    found.findings += settings.findings(intended: intended).map { finding in
      var finding = finding
      finding.file = folder.string
      return finding
    }
    checkVault(settings, &found)
  }

  private func checkVault(_ settings: CouchSettings, _ found: inout FoundDeployment) {
    guard let secret = settings.vaultSecret else { return }
    do {
      guard let vault = try VaultCheck.open(dataFolders: found.nodes.map(\.dataFolder), secret: secret) else { return }
      found.findings += vault.findings
    } catch {
      found.didNotLearn("whether the secret opens the credentials of 'medic-vault'")
    }
  }

  // MARK: Certificate

  private func readCertificate(_ found: inout FoundDeployment) async {
    guard let folder = found.folder(.tls) else { return }
    let names = found.installation.kind.tlsNames
    let certificate = await reader.file(names.certificate, in: folder)
    let key = await reader.file(names.key, in: folder)
    for case .refused(let reason) in [certificate, key] { return found.didNotLearn("the certificate: \(reason)") }
    let pair = TLSPair.examine(certificate: certificate.bytes, key: key.bytes, now: now)
    found.findings += pair.findings.map { finding in
      var finding = finding
      finding.file = folder.appending(finding.file == TLSPair.keyName ? names.key : names.certificate).string
      finding.message = names.inText(finding.message)
      finding.remedy = names.inText(finding.remedy)
      return finding
    }
    guard let facts = pair.facts else { return }
    found.installation.certificate = Installation.Certificate(
      subject: facts.subject, issuer: facts.issuer, names: facts.dnsNames, notBefore: facts.notBeforeText, notAfter: facts.notAfterText,
      daysLeft: (facts.notAfter.seconds - now.seconds) / 86_400, isSelfSigned: facts.isSelfSigned,
      keyMatches: key.bytes == nil ? nil : pair.keyMatches, sha256: facts.fingerprint.hex)
  }

  // MARK: Upgrade

  private func readUpgrade(_ found: inout FoundDeployment) {
    do {
      guard let upgrade = try UpgradeState.read(dataFolders: found.nodes.map(\.dataFolder)) else { return }
      found.installation.upgrade = Installation.Upgrade(state: upgrade.state, inProgress: upgrade.inProgress)
      found.findings += upgrade.findings
    } catch {
      found.didNotLearn("whether an upgrade is in progress")
    }
  }
}

/// How the files of a pair are called.
package struct TLSNames: Sendable {
  package let certificate: String
  package let key: String

  /// A text about the usual names, about these.
  func inText(_ text: String) -> String {
    text.replacing(TLSPair.certificateName, with: certificate).replacing(TLSPair.keyName, with: key)
  }
}

extension Installation.Kind {
  /// What nginx serves: CHT 3.x had other names.
  package var tlsNames: TLSNames {
    self == .medicOS
      ? TLSNames(certificate: "default.crt", key: "default.key")
      : TLSNames(certificate: TLSPair.certificateName, key: TLSPair.keyName)
  }
}
