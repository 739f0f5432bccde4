import FoundationEssentials
import SystemPackage
import Yams

/// Reads one entry of `locations`.
struct LocationReading {
  static let keys =
    ["name", "path"] + Configuration.Remote.Kind.allCases.map(\.rawValue) + ["medium", "site", "off-site", "removable", "back-within"]
    + ["bandwidth", "credentials", "ca", "region", "addressing", "ssh-config"]
  /// A removable drive that says nothing else is expected back after a week.
  private static let usualAbsence = 7 * 86_400

  private let section: Section

  init(_ node: Node, in file: FilePath) throws { section = try Section(node, named: "a location", in: file, keys: Self.keys) }

  func location() throws -> Configuration.Location {
    var location = Configuration.Location(name: try name(), place: try place())
    location.medium = try section.textIfPresent("medium")
    location.site = try section.textIfPresent("site")
    location.isOffSite = try section.flag("off-site") ?? false
    location.removal = try removal()
    location.bandwidth = try section.rate("bandwidth")
    location.line = section.line
    return location
  }

  /// Repeated in messages, on command lines and in file names.
  private func name() throws -> String {
    let name = try section.text("name")
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_. ".unicodeScalars.contains($0)
    }
    guard isPlain, !name.hasPrefix("-"), !name.hasPrefix(".") else {
      throw section.error("'\(name)' is no name for a location: letters, digits, '-', '_' and '.' make one", at: "name")
    }
    return name
  }

  private func removal() throws -> Configuration.Location.Removal? {
    let backWithin = try section.duration("back-within")
    guard try section.flag("removable") ?? false else {
      if backWithin != nil { throw section.error("'back-within' is for a location with 'removable: yes'", at: "back-within") }
      return nil
    }
    return .init(backWithin: backWithin ?? Self.usualAbsence)
  }

  // MARK: Place

  private func place() throws -> Configuration.Place {
    let kinds = Configuration.Remote.Kind.allCases.filter { section.node($0.rawValue) != nil }
    let isFolder = section.node("path") != nil
    guard kinds.count + (isFolder ? 1 : 0) == 1 else {
      throw section.error("a location needs one of 'path', 'sftp', 's3' and 'rest'\(kinds.isEmpty ? "" : ", and only one")")
    }
    guard let kind = kinds.first else {
      try refuse(["credentials", "ca", "region", "addressing", "ssh-config"], "a location with 'path'")
      return .folder(try section.path("path"))
    }
    return .remote(try remote(kind))
  }

  private func remote(_ kind: Configuration.Remote.Kind) throws -> Configuration.Remote {
    try refuse(Self.foreign[kind, default: []], "'\(kind.rawValue)'")
    var remote = Configuration.Remote(kind: kind, address: try address(kind))
    remote.credentials = try section.pathIfPresent("credentials")
    remote.authority = try section.pathIfPresent("ca")
    remote.region = try section.textIfPresent("region")
    remote.sshConfiguration = try section.pathIfPresent("ssh-config")
    switch try section.textIfPresent("addressing") {
    case nil, "path": break
    case "host": remote.isHostStyle = true
    case let other?: throw section.error("'addressing' is '\(other)'; it can be 'path' or 'host'", at: "addressing")
    }
    return remote
  }

  private static let foreign: [Configuration.Remote.Kind: [String]] = [
    .sftp: ["credentials", "ca", "region", "addressing"], .s3: ["ssh-config"], .rest: ["region", "addressing", "ssh-config"],
  ]

  private func refuse(_ keys: [String], _ owner: String) throws {
    for key in keys where section.node(key) != nil { throw section.error("'\(key)' means nothing for \(owner)", at: key) }
  }

  /// Checked as far as a mistake can be told without a connection. What may have a password in it is not repeated.
  private func address(_ kind: Configuration.Remote.Kind) throws -> String {
    let text = try section.text(kind.rawValue)
    let address = text.hasPrefix("\(kind.rawValue):") && kind != .sftp ? String(text.dropFirst(kind.rawValue.count + 1)) : text
    switch kind {
    case .sftp:
      guard address.contains(":"), !address.hasPrefix("-"), !address.hasPrefix(":") else { throw malformed(kind, "user@host:/folder") }
    case .s3, .rest:
      let example = kind == .s3 ? "https://s3.example.org/bucket/prefix" : "https://backup.example.org:8000/cht/"
      guard let url = URLComponents(string: address), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false,
        url.query == nil, url.fragment == nil
      else { throw malformed(kind, example) }
      guard url.user == nil, url.password == nil else {
        throw section.error(
          "'\(kind.rawValue)' has a user or password in it", at: kind.rawValue, hints: ["put them into a file: 'credentials: FILE'"])
      }
      if kind == .s3, url.path.split(separator: "/").isEmpty { throw malformed(kind, example) }
    }
    return address
  }

  private func malformed(_ kind: Configuration.Remote.Kind, _ example: String) -> ConfigurationError {
    section.error("'\(kind.rawValue)' is no address; it looks like '\(example)'", at: kind.rawValue)
  }
}
