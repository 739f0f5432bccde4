import Remotes
import Repositories
import Stores
import SystemPackage
import Yams

/// Reads one entry of `locations`.
struct LocationReading {
  static let keys =
    ["name", "path"] + Configuration.Remote.Kind.allCases.map(\.rawValue) + ["medium", "site", "off-site", "removable", "back-within"]
    + ["bandwidth", "patience", "keep", "drill-within"] + remoteKeys
  private static let remoteKeys = ["credentials", "ca", "region", "addressing", "ssh-config"]
  /// A removable drive that says nothing else is expected back after a week.
  static let usualAbsence = 7 * 86_400

  private let section: Section

  init(_ node: Node, in file: FilePath) throws { section = try Section(node, named: "a location", in: file, keys: Self.keys) }

  func location() throws -> Configuration.Location {
    var location = Configuration.Location(name: try name(), place: try place())
    location.medium = try section.textIfPresent("medium")
    location.site = try section.textIfPresent("site")
    location.isOffSite = try section.flag("off-site") ?? false
    location.removal = try removal()
    location.bandwidth = try section.rate("bandwidth")
    location.patience = try section.duration("patience")
    location.keep = try section.node("keep").map {
      try RetentionPolicy(Section($0, named: "'keep'", in: section.file, keys: RetentionPolicy.keys))
    }
    location.drillWithin = try section.duration("drill-within")
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
      try refuse(Self.remoteKeys + ["bandwidth", "patience"], "a location with 'path'")
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
    if let text = try section.textIfPresent("addressing") {
      guard let addressing = S3Place.Addressing(rawValue: text) else {
        throw section.error("'addressing' is '\(text)'; it can be 'path' or 'host'", at: "addressing")
      }
      remote.addressing = addressing
    }
    return remote
  }

  private static let foreign: [Configuration.Remote.Kind: [String]] = [
    .sftp: ["credentials", "ca", "region", "addressing"], .s3: ["ssh-config"], .rest: ["region", "addressing", "ssh-config"],
  ]

  private func refuse(_ keys: [String], _ owner: String) throws {
    for key in keys where section.node(key) != nil { throw section.error("'\(key)' means nothing for \(owner)", at: key) }
  }

  /// In the one form that the store has for it. What may have a password in it is not repeated.
  private func address(_ kind: Configuration.Remote.Kind) throws -> String {
    let text = try section.text(kind.rawValue)
    let isWhole = text.hasPrefix("\(kind.rawValue):")
    let address = isWhole ? text : "\(kind.rawValue):\(text)"
    do {
      switch kind {
      case .sftp: return try SFTPPlace(parsing: address).address
      case .s3: return try S3Place(address).address
      case .rest: return try RESTStore(address).address
      }
    } catch let error as StoreError {
      throw section.error(error.summary, at: kind.rawValue, hints: error.hints)
    }
  }
}
