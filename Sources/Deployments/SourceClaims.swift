package import Files
package import SystemPackage

/// Which folders of the host go where in the snapshot, so that a folder captured whole does not take another one's content along: data often
/// lie below the folder of the compose files.
package struct SourceClaims: Sendable {
  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ metadata: FileMetadata) {
      device = metadata.device
      inode = metadata.inode
    }
  }

  private var places: [Identity: String] = [:]

  /// - Parameter claims: sources and their places in the snapshot. A source that cannot be looked at claims nothing.
  package init(_ claims: [(source: FilePath, place: String)]) {
    for (source, place) in claims {
      guard let metadata = try? FileMetadata.ifPresent(source), metadata.kind == .folder else { continue }
      places[Identity(metadata)] = place
    }
  }

  /// The place of this folder, if it is one that was claimed.
  package func place(of folder: FileMetadata) -> String? { places[Identity(folder)] }
}
