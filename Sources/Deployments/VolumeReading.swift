package import SystemPackage

/// Reads what lies at a path of the host through somebody who may: a container engine whose containers mount it.
package protocol VolumeReading: Sendable {
  /// - Returns: the folder itself (with an empty path) and all below it, or the one file that it is; `nil` if nobody has that path mounted.
  func files(at path: FilePath) async throws -> [ArchivedFile]?

  /// Where on the host that lies what a link leads to, if the link is read inside a container: absolute links in volumes are written for it.
  ///
  /// - Parameters:
  ///   - target: as the link says it.
  ///   - link: its path on the host.
  /// - Returns: a path of the host; `nil` if no container has both.
  func hostPath(of target: FilePath, linkedFrom link: FilePath) -> FilePath?
}

extension VolumeReading {
  package func hostPath(of target: FilePath, linkedFrom link: FilePath) -> FilePath? { nil }
}
