import Glibc
package import SystemPackage

/// A folder that is held open: what is in it is looked at by its name alone, without the way there.
package final class OpenFolder {
  private let stream: OpaquePointer
  private let path: FilePath

  package init(_ path: FilePath) throws(FileError) {
    guard let stream = path.withPlatformString({ opendir($0) }) else { throw FileError("list", path, .current) }
    self.stream = stream
    self.path = path
  }

  deinit { closedir(stream) }

  /// `.` and `..` left out, in the order the file system gives.
  package func entries() throws(FileError) -> [Folder.Entry] {
    var entries: [Folder.Entry] = []
    try visit { name, kind in
      if let name = FilePath.Component(platformString: name) { entries.append(Folder.Entry(name: name, kind: kind)) }
    }
    return entries
  }

  /// As `entries`, one after another and without making anything of their names: for folders of tens of thousands.
  ///
  /// - Parameter body: gets a name that is valid while it runs.
  package func visit(
    _ body: (_ name: UnsafePointer<CChar>, _ kind: FileMetadata.Kind) throws(FileError) -> Void
  ) throws(FileError) {
    while true {
      Glibc.errno = 0
      guard let record = readdir(stream) else {
        guard Glibc.errno == 0 else { throw FileError("list", path, .current) }
        return
      }
      let name = Self.name(record)
      if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
      try body(name, try kind(record, name))
    }
  }

  /// Of the folder itself.
  package func metadata() throws(FileError) -> FileMetadata {
    var status = stat()
    guard fstat(dirfd(stream), &status) == 0 else { throw FileError("look at", path, .current) }
    return FileMetadata(status)
  }

  /// - Returns: `nil` if nothing is there (any more).
  package func metadata(of name: UnsafePointer<CChar>, followingSymlinks: Bool = true) throws(FileError) -> FileMetadata? {
    var status = stat()
    let flags = followingSymlinks ? 0 : AT_SYMLINK_NOFOLLOW
    guard fstatat(dirfd(stream), name, &status, flags) == 0 else {
      let reason = Errno.current
      if reason == .noSuchFileOrDirectory || reason == .notDirectory { return nil }
      throw FileError("look at", path.appending(String(cString: name)), reason)
    }
    return FileMetadata(status)
  }

  /// Read through a pointer: as a tuple its 256 bytes would be copied for every entry.
  private static func name(_ record: UnsafeMutablePointer<dirent>) -> UnsafePointer<CChar> {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    return UnsafeRawPointer(record).advanced(by: offset).assumingMemoryBound(to: CChar.self)
  }

  private func kind(_ record: UnsafeMutablePointer<dirent>, _ name: UnsafePointer<CChar>) throws(FileError) -> FileMetadata.Kind {
    switch Int(record.pointee.d_type) {
    case Int(DT_REG): .file
    case Int(DT_DIR): .folder
    case Int(DT_LNK): .symlink
    case Int(DT_UNKNOWN): try metadata(of: name, followingSymlinks: false)?.kind ?? .other
    default: .other
    }
  }
}
