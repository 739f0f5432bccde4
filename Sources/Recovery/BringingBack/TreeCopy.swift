import Files
import Primitives
import SystemPackage

/// A folder, or a file, copied to another disk with owners, permissions and times, and made durable.
enum TreeCopy {
  private static let piece = 1 << 20

  /// - Parameter target: nothing is there.
  static func copy(_ source: FilePath, to target: FilePath) throws {
    let metadata = try FileMetadata.of(source, followingSymlinks: false)
    let owner = (user: metadata.owner, group: metadata.group)
    switch metadata.kind {
    case .folder:
      try Folder.make(target)
      for entry in try Folder.entries(of: source) { try copy(source.appending(entry.name), to: target.appending(entry.name)) }
      try target.setMetadata(owner: owner, permissions: metadata.permissions, modified: metadata.modified)
      try Folder.sync(target)
    case .symlink:
      try target.makeSymlink(to: source.symlinkTarget())
      try target.setMetadata(owner: owner, permissions: nil, modified: metadata.modified)
    case .file: try copyFile(source, to: target, metadata)
    case .other: throw FileError("copy what is neither file nor folder", source, .notSupported)
    }
  }

  private static func copyFile(_ source: FilePath, to target: FilePath, _ metadata: FileMetadata) throws {
    let file = try HeldFile(opening: source)
    let copy = try PartFile(creating: target)
    var offset = 0
    while offset < file.byteCount {
      let bytes = try file.bytes(at: offset, count: min(piece, file.byteCount - offset))
      try copy.write(bytes, at: offset)
      offset += bytes.count
    }
    try copy.set(owner: (user: metadata.owner, group: metadata.group), permissions: metadata.permissions, modified: metadata.modified)
    try target.syncFile()
  }

  /// All files in a folder and below, or the file itself.
  static func files(in path: FilePath) throws -> [FilePath] {
    guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { return [] }
    switch metadata.kind {
    case .file: return [path]
    case .folder: return try Folder.entries(of: path).flatMap { try files(in: path.appending($0.name)) }
    default: return []
    }
  }

  /// Gives all of it to a user and group of one number.
  static func give(_ path: FilePath, to user: UInt32) throws {
    let metadata = try FileMetadata.of(path, followingSymlinks: false)
    let isFolder = metadata.kind == .folder
    if isFolder { for entry in try Folder.entries(of: path) { try give(path.appending(entry.name), to: user) } }
    try path.setMetadata(owner: (user: user, group: user), permissions: nil, modified: metadata.modified)
  }
}
