package import SystemPackage

/// Reads what lies at a path of the host through somebody who may: a container engine whose containers mount it.
package protocol VolumeReading: Sendable {
  /// - Returns: the folder itself (with an empty path) and all below it; `nil` if nobody has that path mounted.
  func files(at path: FilePath) async throws -> [ArchivedFile]?
}
