import Remotes
import SystemPackage

/// A location as `init` writes it.
struct LocationText {
  let location: Configuration.Location

  func render() -> String {
    let lines = settings.map { key, value in "\(key): \(value)\n" }
    return "  - " + lines.joined(separator: "    ")
  }

  private var settings: [(String, String)] {
    var settings = [("name", location.name.asYAML)]
    switch location.place {
    case .folder(let folder): settings.append(("path", folder.string.asYAML))
    case .remote(let remote): settings += self.settings(of: remote)
    }
    settings += [("medium", location.medium), ("site", location.site)].compactMap { key, value in value.map { (key, $0.asYAML) } }
    if location.isOffSite { settings.append(("off-site", "yes")) }
    if let removal = location.removal { settings += [("removable", "yes"), ("back-within", Self.duration(removal.backWithin))] }
    if let bandwidth = location.bandwidth { settings.append(("bandwidth", Self.rate(bandwidth))) }
    if let patience = location.patience { settings.append(("patience", Self.duration(patience))) }
    if let drillWithin = location.drillWithin { settings.append(("drill-within", Self.duration(drillWithin))) }
    return settings
  }

  private func settings(of remote: Configuration.Remote) -> [(String, String)] {
    let prefix = "\(remote.kind.rawValue):"
    // sftp://… is an address as it is.
    let isURL = remote.address.hasPrefix("sftp://")
    var settings = [(remote.kind.rawValue, (isURL ? remote.address : String(remote.address.dropFirst(prefix.count))).asYAML)]
    let files = [("credentials", remote.credentials), ("ca", remote.authority), ("ssh-config", remote.sshConfiguration)]
    settings += files.compactMap { key, path in path.map { (key, $0.string.asYAML) } }
    if let region = remote.region { settings.append(("region", region.asYAML)) }
    if let addressing = remote.addressing { settings.append(("addressing", addressing.rawValue)) }
    return settings
  }

  private static func duration(_ seconds: Int) -> String {
    let unit = [("days", 86_400), ("hours", 3600), ("minutes", 60)].first { seconds % $0.1 == 0 }
    return unit.map { "\(seconds / $0.1) \($0.0)" } ?? "\(seconds) seconds"
  }

  private static func rate(_ bytes: Int) -> String {
    let unit = [("MB/s", 1_000_000), ("kB/s", 1000)].first { bytes % $0.1 == 0 }
    return unit.map { "\(bytes / $0.1) \($0.0)" } ?? "\(bytes) B/s"
  }
}
