import SystemPackage
import Yams

/// Reads one entry of a kit's `locations`. What it has in common with a configuration's entry is read as one.
struct KitLocationReading {
  private static let shared = ["name", "path", "sftp", "s3", "rest", "medium", "site", "off-site", "removable", "region", "addressing"]
  private static let own = [
    "credentials", "access-key", "secret-key", "user", "password", "ca-certificate", "ssh-config", "known-hosts", "private-keys",
    "not-opened",
  ]

  private let section: Section
  private let common: Node

  init(_ node: Node) throws {
    section = try Section(node, named: "a location", in: "kit", keys: Self.shared + Self.own)
    let pairs = node.mapping.map { Array($0) } ?? []
    common = Node.mapping(.init(pairs.filter { Self.shared.contains($0.key.string ?? "") }, .implicit, .any, node.mark))
  }

  func location() throws -> Kit.Location {
    var location = try LocationReading(common, in: "kit").location()
    location.line = nil
    try refuseForeign(location)
    var entry = Kit.Location(location: location)
    entry.credentials = try credentials()
    entry.authority = try section.textIfPresent("ca-certificate")
    entry.ssh = try ssh()
    if let reason = try section.textIfPresent("not-opened") { entry.opening = .failed(reason) }
    return entry
  }

  private func credentials() throws -> Kit.Credentials? {
    if let text = try section.textIfPresent("credentials") {
      guard text == "left-out" else { throw section.error("'credentials' is '\(text)'; it can be 'left-out'", at: "credentials") }
      return .leftOut
    }
    if section.node("access-key") != nil || section.node("secret-key") != nil {
      return .s3(accessKey: try section.text("access-key"), secret: try section.text("secret-key"))
    }
    guard section.node("user") != nil || section.node("password") != nil else { return nil }
    return .rest(user: try section.text("user"), password: try section.textIfPresent("password") ?? "")
  }

  private func ssh() throws -> Kit.SSH? {
    guard let configuration = try section.textIfPresent("ssh-config") else { return nil }
    return Kit.SSH(
      configuration: configuration, knownHosts: try section.textIfPresent("known-hosts") ?? "",
      keys: try section.texts("private-keys") ?? [])
  }

  private func refuseForeign(_ location: Configuration.Location) throws {
    let known: [String]
    let owner: String
    switch location.place {
    case .folder: (known, owner) = ([], "path")
    case .remote(let remote):
      owner = remote.kind.rawValue
      switch remote.kind {
      case .sftp: known = ["ssh-config", "known-hosts", "private-keys"]
      case .s3: known = ["credentials", "access-key", "secret-key", "ca-certificate"]
      case .rest: known = ["credentials", "user", "password", "ca-certificate"]
      }
    }
    for key in Self.own where key != "not-opened" && !known.contains(key) && section.node(key) != nil {
      throw section.error("'\(key)' means nothing for '\(owner)'", at: key)
    }
  }
}
