import ResticFormat

/// The tags by which Akiba tells its snapshots from those of others, and from one another.
package enum SnapshotTag {
  /// Every snapshot of ours.
  package static let own = "akiba"
  /// Its source lacked something or had gone back.
  package static let suspect = "akiba-suspect"
  /// Somebody wants it kept for good.
  package static let pinned = "akiba-pinned"
  /// Evidence of a drill, and nothing else.
  package static let drill = "akiba-drill"
  private static let deploymentPrefix = "deployment:"

  package static func deployment(_ name: String) -> String { deploymentPrefix + name }

  static func isDeployment(_ tag: String) -> Bool { tag.hasPrefix(deploymentPrefix) }
}

extension StoredSnapshot {
  package var isPinned: Bool { snapshot.tags.contains(SnapshotTag.pinned) }

  package var isSuspect: Bool { snapshot.tags.contains(SnapshotTag.suspect) }
}
