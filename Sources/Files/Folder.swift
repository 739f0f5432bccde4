import Glibc
package import SystemPackage

/// Reading and making folders.
package enum Folder {
  package struct Entry: Sendable {
    package let name: FilePath.Component
    /// Of the entry itself: a symlink is a symlink.
    package let kind: FileMetadata.Kind
  }

  /// The entries of a folder, `.` and `..` left out, in the order the file system gives.
  package static func entries(of path: FilePath) throws(FileError) -> [Entry] {
    try OpenFolder(path).entries()
  }

  /// Makes the folder and those above it that are missing.
  package static func make(_ path: FilePath, permissions: UInt32 = 0o700) throws(FileError) {
    if path.isEmpty || path.withPlatformString({ mkdir($0, mode_t(permissions)) }) == 0 { return }
    switch Errno.current {
    case .fileExists:
      guard try FileMetadata.of(path).kind == .folder else { throw FileError("make the folder", path, .fileExists) }
    case .noSuchFileOrDirectory:
      let above = path.removingLastComponent()
      guard above != path, !above.isEmpty else { throw FileError("make the folder", path, .noSuchFileOrDirectory) }
      try make(above, permissions: permissions)
      guard path.withPlatformString({ mkdir($0, mode_t(permissions)) }) == 0 || Errno.current == .fileExists else {
        throw FileError("make the folder", path, .current)
      }
    case let reason:
      throw FileError("make the folder", path, reason)
    }
  }

  /// A file, or a folder with all that is in it; nothing happens if it is not there.
  package static func remove(_ path: FilePath) throws(FileError) {
    guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { return }
    guard metadata.kind == .folder else { return try path.removeFile() }
    for entry in try entries(of: path) { try remove(path.appending(entry.name)) }
    try path.removeEmptyFolder()
  }

  /// Makes the names in a folder durable.
  package static func sync(_ path: FilePath) throws(FileError) {
    let path = path.isEmpty ? "." : path
    let number = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open", path, .current) }
    defer { close(number) }
    guard fsync(number) == 0 else { throw FileError("make durable", path, .current) }
  }

  /// Bytes free for this user on the file system that holds `path`.
  package static func freeBytes(at path: FilePath) throws(FileError) -> Int {
    var status = statvfs()
    guard path.withPlatformString({ statvfs($0, &status) }) == 0 else { throw FileError("look at the disk of", path, .current) }
    let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return overflow ? .max : bytes
  }
}
