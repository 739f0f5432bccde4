package import CouchFormat

/// What was learned beside the paths of a configuration, handed to the backup that records it.
package struct Survey: Sendable {
  package var installation: Installation?
  /// What is wrong with the installation.
  package var findings: [Finding] = []
  /// A part is missing that nothing in the data replaces: the snapshot is marked.
  package var isIncomplete = false
  package var leftOut: [Manifest.LeftOut] = []
  /// For folders this process may not read itself.
  package var volumes: (any VolumeReading)?

  package init() {}
}
