import Files
import SystemPackage

/// Questions about what lies where. Symlinks are followed; what is not there is an answer, not an error.
enum Place {
  static func isFolder(_ path: FilePath) throws -> Bool { try FileMetadata.ifPresent(path)?.kind == .folder }

  static func isFile(_ path: FilePath) throws -> Bool { try FileMetadata.ifPresent(path)?.kind == .file }

  static func isPresent(_ path: FilePath) throws -> Bool { try FileMetadata.ifPresent(path) != nil }

  /// A CouchDB data folder: with a shard map, or shards whose map was lost.
  static func isDataFolder(_ path: FilePath) throws -> Bool {
    if try isFile(path.appending("_dbs.couch")) { return true }
    return try isFolder(path.appending("shards"))
  }

  static func present(_ paths: [FilePath]) throws -> [FilePath] { try paths.filter { try isPresent($0) } }

  static func folders(in path: FilePath) throws -> [FilePath] {
    try Folder.entries(of: path).filter { $0.kind != .file }.map { path.appending($0.name) }.filter { try isFolder($0) }
      .sorted { $0.string < $1.string }
  }

  static func hasComposeFile(_ folder: FilePath) throws -> Bool {
    guard try isFolder(folder) else { return false }
    return try Folder.entries(of: folder).contains { $0.kind != .folder && ["yml", "yaml"].contains($0.name.extension) }
  }
}

extension FilePath {
  /// Appends what is written with slashes.
  func appending(path: String) -> FilePath { appending(FilePath(path).components) }
}
