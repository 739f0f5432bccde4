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
    guard let stream = path.withPlatformString({ opendir($0) }) else { throw FileError("list", path, .current) }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while true {
      Glibc.errno = 0
      guard let record = readdir(stream) else {
        guard Glibc.errno == 0 else { throw FileError("list", path, .current) }
        return entries
      }
      guard let name = component(record) else { continue }
      entries.append(Entry(name: name, kind: try kind(record, of: path.appending(name))))
    }
  }

  private static func component(_ record: UnsafeMutablePointer<dirent>) -> FilePath.Component? {
    // d_name is read through a pointer: as a tuple its 256 bytes would be copied for every entry.
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    let name = UnsafeRawPointer(record).advanced(by: offset).assumingMemoryBound(to: CChar.self)
    if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return nil }
    return FilePath.Component(platformString: name)
  }

  private static func kind(_ record: UnsafeMutablePointer<dirent>, of path: FilePath) throws(FileError) -> FileMetadata.Kind {
    switch Int(record.pointee.d_type) {
    case Int(DT_REG): return .file
    case Int(DT_DIR): return .folder
    case Int(DT_LNK): return .symlink
    case Int(DT_UNKNOWN): return try FileMetadata.ifPresent(path, followingSymlinks: false)?.kind ?? .other
    default: return .other
    }
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
