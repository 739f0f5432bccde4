package import Files

extension ArchivedFile {
  /// What the archive tells of it, as the file system would.
  package var metadata: FileMetadata {
    let kind: FileMetadata.Kind =
      switch self.kind {
      case .file: .file
      case .folder: .folder
      case .symlink: .symlink
      case .other: .other
      }
    return FileMetadata(
      kind: kind, permissions: mode, owner: owner, group: group, size: content.count, modified: modified)
  }
}
