import Deployments

/// A deployment as people read it: what it is, then each part with the reason it is taken for that.
struct DeploymentText {
  private let found: FoundDeployment
  private var installation: Installation { found.installation }

  init(_ found: FoundDeployment) { self.found = found }

  var lines: [String] {
    ["\(found.name): \(title)"] + parts + facts.map { "  \($0.padded(to: 13))\($1)" } + services + leftOut
  }

  var title: String {
    let kind = installation.kind == .docker ? "CHT \(installation.chtVersion ?? "of unknown version") on Docker" : installation.kind.name
    let engine = installation.engine.map { ", \($0.name) \($0.version) at \($0.endpoint)" } ?? ""
    return kind + (installation.couchDBVersion.map { ", CouchDB \($0)" } ?? "") + engine
  }

  private var parts: [String] {
    installation.parts.flatMap { part in
      let name = part.node.map { "\(part.role.rawValue) (\($0))" } ?? part.role.rawValue
      return ["  \(name)", "    \(part.path)", "    \(part.because)"]
    }
  }

  private var facts: [(String, String)] {
    var facts: [(String, String)] = []
    if let certificate = installation.certificate {
      facts.append(("certificate", "\(certificate.subject), \(issuer(certificate)), valid until \(certificate.notAfter)"))
      facts.append(("", "\(certificate.daysLeft) days left\(key(certificate))"))
    }
    if let mode = installation.certificateMode { facts.append(("mode", mode)) }
    if let credentials = installation.credentials {
      facts.append(("uuid", credentials.uuid ?? "none"))
      facts.append(("secret", credentials.secretFingerprint.map { "there, fingerprint \($0)" } ?? "none"))
    }
    if let upgrade = installation.upgrade, upgrade.inProgress || upgrade.state != nil {
      facts.append(("upgrade", [upgrade.state, upgrade.inProgress ? "in progress" : nil].compactMap { $0 }.joined(separator: ", ")))
    }
    if !installation.networks.isEmpty { facts.append(("networks", installation.networks.joined(separator: ", "))) }
    if !installation.ports.isEmpty { facts.append(("ports", installation.ports.joined(separator: ", "))) }
    for volume in installation.volumes { facts.append(("volume", "\(volume.name): \(volume.use)")) }
    for note in installation.notes { facts.append(("note", note)) }
    for gap in installation.notLearned { facts.append(("not learned", gap)) }
    return facts
  }

  private func issuer(_ certificate: Installation.Certificate) -> String {
    certificate.isSelfSigned ? "self-signed" : "issued by \(certificate.issuer)"
  }

  private func key(_ certificate: Installation.Certificate) -> String {
    switch certificate.keyMatches {
    case true: ", the key belongs to it" + (certificate.isServed == true ? ", nginx serves it" : "")
    case false: ", THE KEY DOES NOT BELONG TO IT"
    default: ""
    }
  }

  private var services: [String] {
    installation.services.map { service in
      "  \("service".padded(to: 13))\(service.service): \(service.container), \(service.state), \(service.image)"
    }
  }

  private var leftOut: [String] { found.leftOut.map { "  \("left out".padded(to: 13))\($0.path): \($0.reason)" } }
}
