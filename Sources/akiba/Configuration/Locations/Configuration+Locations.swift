import Deployments
import Files
import SystemPackage

extension Configuration {
  /// Locations that cannot be meant: two of one name or folder, or one inside of what is backed up.
  ///
  /// A location that cannot be looked at is none of them: it fails when it is opened, and the others still get their snapshot.
  func checkLocations() throws {
    for (index, location) in locations.enumerated() {
      if locations[..<index].contains(where: { $0.name == location.name }) {
        throw refusal(location, "two locations are named '\(location.name)'")
      }
      if locations[..<index].contains(where: { $0.address == location.address }) {
        throw refusal(location, "two locations are in '\(location.address)'")
      }
      if let folder = location.folder { try refuseInsideSources(location, Self.real(folder)) }
    }
  }

  private func refuseInsideSources(_ location: Location, _ folder: FilePath) throws {
    for node in deployment.nodes where folder.starts(with: Self.real(node.dataFolder)) {
      throw refusal(
        location, "location '\(location.name)' lies inside the data folder '\(node.dataFolder)'; CouchDB's disk is no place for its backup",
        hints: [Self.advice])
    }
    // The upgrade service's, too, where only its own files would be stored: whoever tidies up that folder removes the backups.
    for source in deployment.folders.map(\.source) + deployment.nodes.flatMap(\.settings) where folder.starts(with: Self.real(source)) {
      throw refusal(
        location, "location '\(location.name)' lies inside '\(source)', which is backed up itself", hints: [Self.advice])
    }
  }

  private static let advice = "name a folder outside of it, best on another disk"

  private func refusal(_ location: Location, _ problem: String, hints: [String] = []) -> ConfigurationError {
    ConfigurationError(path: path, line: location.line, problem: problem, hints: hints)
  }

  /// With the symlinks of what can be looked at resolved.
  private static func real(_ path: FilePath) -> FilePath {
    var existing = path
    var rest: [FilePath.Component] = []
    while true {
      if (try? FileMetadata.ifPresent(existing)) ?? nil != nil, let resolved = try? existing.resolved() {
        return rest.reversed().reduce(resolved) { $0.appending($1) }
      }
      guard let last = existing.lastComponent else { return path }
      rest.append(last)
      existing.removeLastComponent()
    }
  }
}
