import Deployments
import Primitives

/// What can be restored alone by a name of its own: everything but databases.
package enum SnapshotPart: String, CaseIterable, Sendable {
  /// All of the installation but CouchDB's data.
  case configuration
  /// The pair nginx serves.
  case certificates
  /// `.env` alone.
  case environment

  private static let environmentFile = ".env"

  /// Its paths in a snapshot, each of which is there.
  ///
  /// - Throws: `nothingSelected` if the snapshot has nothing of it.
  package func paths(in contents: SnapshotContents) throws -> [String] {
    let paths = candidates(in: contents)
    guard !paths.isEmpty else {
      throw RecoveryError(
        .nothingSelected, "snapshot '\(contents.id.short)' has no \(rawValue): \(lack)",
        hints: [
          "see what it has: 'akiba restore \(contents.id.short) --dry-run'",
          "'akiba doctor' says whether the next backup will have it",
        ])
    }
    return paths
  }

  private func candidates(in contents: SnapshotContents) -> [String] {
    switch self {
    case .configuration:
      // `couchdb/NODE/data` is left out, whatever else lies beside it.
      return contents.items.map(\.path).filter { path in
        let parts = path.split(separator: "/")
        return ["cht", "tls"].contains(path) || parts.count == 3 && parts[0] == "couchdb" && parts[2] != "data"
      }
    case .certificates:
      let place = CapturedFolder.Place.tls.snapshotPath
      return contents.files.contains { $0.path.hasPrefix(place + "/") } ? [place] : []
    case .environment:
      // Beside other places' own `.env` files, such as certbot's, this is the one that the installation is started with.
      for place in [CapturedFolder.Place.upgradeService, .compose] {
        let path = "\(place.snapshotPath)/\(Self.environmentFile)"
        if contents.files.contains(where: { $0.path == path }) { return [path] }
      }
      let place = CapturedFolder.Place.extra.snapshotPath
      return contents.files.map(\.path).filter { $0.hasPrefix(place + "/") && $0.hasSuffix("/" + Self.environmentFile) }
    }
  }

  private var lack: String {
    switch self {
    case .configuration: "no compose file, no '.env', no credentials and no certificate were backed up"
    case .certificates: "no folder with the certificate and its key was backed up"
    case .environment: "no '.env' was backed up"
    }
  }
}
