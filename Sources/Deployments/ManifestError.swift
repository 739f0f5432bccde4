import Primitives

/// A manifest cannot be read.
package struct ManifestError: Explainable {
  package enum Kind: Sendable { case notAManifest, newerFormat, damaged }

  package let kind: Kind
  let detail: String

  package var summary: String {
    switch kind {
    case .notAManifest: "'\(SnapshotLayout.manifest)' is not a manifest: \(detail)"
    case .newerFormat: "'\(SnapshotLayout.manifest)' was written by a newer akiba (\(detail); this one reads up to \(Manifest.format))"
    case .damaged: "'\(SnapshotLayout.manifest)' is damaged \(detail)"
    }
  }

  package var hints: [String] {
    switch kind {
    case .notAManifest: ["point the command at a folder that 'akiba restore' or 'restic restore' filled, or at a snapshot made by akiba"]
    case .newerFormat: ["install the newest akiba on this host"]
    case .damaged: ["run 'akiba check --read-data'; another location or an older snapshot may have it whole"]
    }
  }
}
