/// The name of an image taken apart: `public.ecr.aws/medic/cht-couchdb:5.2.0@sha256:…`.
///
/// Registries change from release to release, so CHT's images are recognized by the last part of the path.
struct ImageName: Hashable, Sendable {
  let repository: String
  let tag: String?

  init(_ text: String) {
    let name = text.prefix { $0 != "@" }
    let last = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    // A colon before the last slash belongs to the registry's port.
    if let colon = name[last...].lastIndex(of: ":") {
      repository = String(name[..<colon])
      tag = String(name[name.index(after: colon)...])
    } else {
      repository = String(name)
      tag = nil
    }
  }

  /// `cht-couchdb`
  var component: String { repository.split(separator: "/").last.map(String.init) ?? repository }

  var isUpgradeService: Bool { component == "cht-upgrade-service" }
  /// One of a server's own services; `cht-user-management` and others stand beside it.
  var isCHT: Bool { Self.services.contains(component) }

  private static let services: Set = [
    "cht-api", "cht-couchdb", "cht-haproxy", "cht-haproxy-healthcheck", "cht-nginx", "cht-sentinel",
  ]

  /// CHT's own registries; images from elsewhere cannot be taken for granted at a restore.
  var isPublished: Bool {
    ["public.ecr.aws/s5s3h4s7/", "public.ecr.aws/medic/", "720541322708.dkr.ecr.eu-west-2.amazonaws.com/medic/"].contains {
      repository.hasPrefix($0)
    } && tag.map { !$0.contains("custom") } ?? false
  }

  /// `5.2.0`; CHT 4.0 doubled it: `4.0.1-4.0.1`.
  var version: String? {
    guard let tag else { return nil }
    let halves = tag.split(separator: "-", maxSplits: 1)
    return halves.count == 2 && halves[0] == halves[1] ? String(halves[0]) : tag
  }
}
