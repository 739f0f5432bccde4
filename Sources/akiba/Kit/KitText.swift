import Primitives
import Remotes
import ResticFormat
import SystemPackage

/// `kit.yaml`: a kit for programs, sealed by the checksum of its lines.
struct KitText {
  static let checksum = "checksum"

  let kit: Kit

  func render() -> String {
    let body = self.body
    return body + "\(Self.checksum): \(ContentID(hashing: Array(body.utf8)).hex)\n"
  }

  /// The recovery key comes last: a file that lost its end is known by that.
  private var body: String {
    """
    # Akiba's recovery kit. SECRET: whoever has it can read the backups. The page for people is kit.html, or kit.md.
    # akiba restore --kit FOLDER, snapshots --kit FOLDER, verify --kit FOLDER, check --kit FOLDER
    kit: \(Kit.format)
    deployment: \(kit.deployment.asYAML)
    \(kit.project.map { "project: \($0.asYAML)\n" } ?? "")\
    repository: \(kit.repository.asYAML)
    made: \(kit.made.asYAML)
    made-by: \(kit.version.asYAML)
    host: \(kit.host.asYAML)
    configuration: \(kit.configuration.string.asYAML)
    locations:
    \(kit.locations.map { KitLocationText(location: $0).render() }.joined())\
    recovery-key: \(kit.recoveryKey.asYAML)
    recovery-key-check: \(Kit.check(of: kit.recoveryKey).asYAML)
    key: \(kit.keyID.asYAML)

    """
  }
}

/// One entry of a kit's `locations`.
struct KitLocationText {
  let location: Kit.Location

  func render() -> String {
    let lines = settings.map { key, value in "\(key): \(value)\n" }
    return "  - " + lines.joined(separator: "    ")
  }

  private var settings: [(String, String)] {
    let place = location.location
    var settings = [("name", place.name.asYAML)]
    switch place.place {
    case .folder(let folder): settings.append(("path", folder.string.asYAML))
    case .remote(let remote): settings += self.settings(of: remote)
    }
    settings += [("medium", place.medium), ("site", place.site)].compactMap { key, value in value.map { (key, $0.asYAML) } }
    if place.isOffSite { settings.append(("off-site", "yes")) }
    if place.removal != nil { settings.append(("removable", "yes")) }
    settings += access
    if case .failed(let reason) = location.opening { settings.append(("not-opened", reason.asYAML)) }
    return settings
  }

  private func settings(of remote: Configuration.Remote) -> [(String, String)] {
    var settings = [(remote.kind.rawValue, remote.address.asYAML)]
    if let region = remote.region { settings.append(("region", region.asYAML)) }
    if let addressing = remote.addressing { settings.append(("addressing", addressing.rawValue)) }
    return settings
  }

  private var access: [(String, String)] {
    var settings: [(String, String)] = []
    switch location.credentials {
    case .s3(let accessKey, let secret)?: settings += [("access-key", accessKey.asYAML), ("secret-key", secret.asYAML)]
    case .rest(let user, let password)?:
      settings.append(("user", user.asYAML))
      if !password.isEmpty { settings.append(("password", password.asYAML)) }
    case .leftOut?: settings.append(("credentials", "left-out"))
    case nil: break
    }
    if let authority = location.authority { settings.append(("ca-certificate", Self.block(authority))) }
    guard let ssh = location.ssh else { return settings }
    settings.append(("ssh-config", Self.block(ssh.configuration)))
    if !ssh.knownHosts.isEmpty { settings.append(("known-hosts", Self.block(ssh.knownHosts))) }
    let keys = ssh.keys.map { "\"" + $0.escapedForYAML + "\"" }.joined(separator: ", ")
    if !keys.isEmpty { settings.append(("private-keys", "[\(keys)]")) }
    return settings
  }

  /// Lines as they are, where YAML gives them back as they are.
  private static func block(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let isPlain = text.hasSuffix("\n") && lines.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }
    guard isPlain, lines.first?.first != " " else { return "\"" + text.escapedForYAML + "\"" }
    return "|\n" + lines.map { "      \($0)" }.joined(separator: "\n")
  }
}
