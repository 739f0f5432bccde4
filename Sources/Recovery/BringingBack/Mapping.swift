import Deployments
package import SystemPackage

/// Where a deployment goes that does not go back to where it was.
package struct Mapping: Sendable {
  /// Folders, as they were and as they are going to be. The longest that fits counts.
  package let folders: [(from: FilePath, to: FilePath)]
  /// The compose project's new name.
  package let project: String?

  package init(folders: [(from: FilePath, to: FilePath)] = [], project: String? = nil) {
    self.folders = folders
    self.project = project
  }

  package func map(_ path: FilePath) -> FilePath {
    let fitting = folders.filter { path.starts(with: $0.from) }
    guard let (from, to) = fitting.max(by: { $0.from.components.count < $1.from.components.count }) else { return path }
    return to.appending(path.components.dropFirst(from.components.count))
  }

  /// - Parameter old: the project's name in the snapshot, which its volumes' names begin with.
  package func map(volume: String, of old: String) -> String {
    guard let project, volume.hasPrefix(old + "_") else { return volume }
    return project + volume.dropFirst(old.count)
  }
}
