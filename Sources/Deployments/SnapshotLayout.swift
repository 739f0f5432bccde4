package import SystemPackage

/// Where things lie inside a snapshot: design decision 6, a tree that a person can use after a stock `restic restore`.
package enum SnapshotLayout {
  package static let manifest = "akiba/manifest.json"
  package static let recovery = "akiba/RECOVERY.md"
  /// `sha256sum --check` reads it from the restored folder.
  package static let checksums = "akiba/SHA256SUMS"
  /// Evidence of drills.
  package static let drills = "akiba/drills"
  /// Only in an exported folder, at its top: what the next export has to know. No part of what is proven.
  package static let exportState: FilePath.Component = ".akiba-export.json"
  /// Only in an exported folder, while it is being written.
  package static let incomplete = "akiba/INCOMPLETE"

  package static func dataFolder(node: String) -> String { "couchdb/\(node)/data" }
  package static func localD(node: String) -> String { "couchdb/\(node)/local.d" }
  package static func localINI(node: String) -> String { "couchdb/\(node)/local.ini" }

  /// Whether this is a path in a snapshot: findings name those, or things of the host.
  package static func holds(_ path: String) -> Bool {
    ["akiba/", "couchdb/", "cht/", "tls/"].contains(where: path.hasPrefix) || path == "tls"
  }

  /// Splits `couchdb/NODE/data/REST`.
  package static func dataPath(_ snapshotPath: String) -> (node: String, path: String)? {
    let parts = snapshotPath.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "couchdb", parts[2] == "data" else { return nil }
    return (String(parts[1]), String(parts[3]))
  }
}
