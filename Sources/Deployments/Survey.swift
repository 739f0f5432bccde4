package import CouchFormat

/// What was learned beside the paths of a configuration, handed to the backup that records it.
package struct Survey: Sendable {
  package var installation: Installation?
  /// What is wrong with the installation. None of them says that data are missing, so none marks the snapshot.
  package var findings: [Finding] = []
  package var leftOut: [Manifest.LeftOut] = []
  /// For folders this process may not read itself.
  package var volumes: (any VolumeReading)?

  package init() {}
}
