import Glibc
import SystemPackage

/// The system calls a folder store needs and `SystemPackage` lacks, each throwing its `Errno`.
enum FolderCalls {
  static func makeFolder(_ path: FilePath, withParents: Bool) throws {
    if withParents, !path.removingLastComponent().isEmpty, path.removingLastComponent() != path {
      let parent = path.removingLastComponent()
      if (try? size(of: parent)) == nil { try makeFolder(parent, withParents: true) }
    }
    do { try check(path.withPlatformString { mkdir($0, 0o700) }) } catch Errno.fileExists {}
  }

  static func sync(_ file: FileDescriptor) throws { try check(fsync(file.rawValue)) }

  static func sync(_ folder: FilePath) throws {
    let place = folder.isEmpty ? FilePath(".") : folder
    let file = try FileDescriptor.open(place, .readOnly, options: [.directory, .closeOnExec])
    try file.closeAfter { try sync(file) }
  }

  static func rename(_ old: FilePath, _ new: FilePath) throws {
    try check(old.withPlatformString { old in new.withPlatformString { Glibc.rename(old, $0) } })
  }

  /// Gives `old` the name `new` unless something has it already, atomically.
  static func link(_ old: FilePath, _ new: FilePath) throws {
    do {
      try check(old.withPlatformString { old in new.withPlatformString { Glibc.link(old, $0) } })
    } catch Errno.notPermitted, Errno.notSupported {  // FAT and some network file systems have no hard links
      if (try? size(of: new)) != nil { throw Errno.fileExists }
      return try rename(old, new)
    }
    try remove(old)
  }

  static func remove(_ path: FilePath) throws { try check(path.withPlatformString { unlink($0) }) }

  static func size(of path: FilePath) throws -> Int {
    var status = stat()
    try check(path.withPlatformString { stat($0, &status) })
    return Int(status.st_size)
  }

  static func size(of file: FileDescriptor) throws -> Int {
    var status = stat()
    try check(fstat(file.rawValue, &status))
    return Int(status.st_size)
  }

  /// Seconds since 1970, or `nil` if the file is gone.
  static func modificationTime(of path: FilePath) throws -> Int? {
    var status = stat()
    do { try check(path.withPlatformString { lstat($0, &status) }) } catch Errno.noSuchFileOrDirectory { return nil }
    return status.st_mtim.tv_sec
  }

  /// Fewer bytes than asked only at the end of the file.
  static func read(_ file: FileDescriptor, _ range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      while filled < range.count {
        let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled..<range.count]))
        let count = try file.read(fromAbsoluteOffset: Int64(range.lowerBound + filled), into: rest)
        if count == 0 { break }
        filled += count
      }
    }
  }

  static func entries(of folder: FilePath) throws -> [String] {
    guard let stream = folder.withPlatformString({ opendir($0) }) else { throw Errno(rawValue: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)  // names that are not UTF-8 are foreign whatever they read as
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw Errno(rawValue: errno) }
    return names
  }

  private static func check(_ result: CInt) throws {
    if result != 0 { throw Errno(rawValue: errno) }
  }
}
