import Glibc
package import SystemPackage

/// What `stat` says of a file, in Swift's types.
package struct FileMetadata: Equatable, Sendable {
  package enum Kind: Sendable { case file, folder, symlink, other }

  package let kind: Kind
  package let device: UInt64
  package let inode: UInt64
  /// Permission, setuid, setgid and sticky bits: the low twelve bits of `st_mode`.
  package let permissions: UInt32
  package let owner: UInt32
  package let group: UInt32
  /// Size in bytes.
  package let size: Int
  package let links: Int
  package let modified: FileTime
  package let changed: FileTime

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .symlink
      default: .other
      }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    permissions = status.st_mode & 0o7777
    owner = status.st_uid
    group = status.st_gid
    size = Int(status.st_size)
    links = Int(status.st_nlink)
    modified = FileTime(status.st_mtim)
    changed = FileTime(status.st_ctim)
  }

  /// Of a file that comes from elsewhere than a file system: it has no inode, and its time of change is that of its content.
  package init(kind: Kind, permissions: UInt32, owner: UInt32, group: UInt32, size: Int, modified: FileTime) {
    self.kind = kind
    device = 0
    inode = 0
    self.permissions = permissions
    self.owner = owner
    self.group = group
    self.size = size
    links = 1
    self.modified = modified
    changed = modified
  }

  /// - Parameter followingSymlinks: of the last path element; those before it are always followed.
  package static func of(_ path: FilePath, followingSymlinks: Bool = true) throws(FileError) -> FileMetadata {
    var status = stat()
    let result = path.withPlatformString { followingSymlinks ? stat($0, &status) : lstat($0, &status) }
    guard result == 0 else { throw FileError("look at", path, .current) }
    return FileMetadata(status)
  }

  /// As `of`, but `nil` if nothing is there.
  package static func ifPresent(_ path: FilePath, followingSymlinks: Bool = true) throws(FileError) -> FileMetadata? {
    do {
      return try of(path, followingSymlinks: followingSymlinks)
    } catch  where error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory {
      return nil
    }
  }
}

/// A moment as the file system keeps it: nanoseconds since 1970, UTC.
package struct FileTime: Hashable, Comparable, Sendable {
  package let seconds: Int
  package let nanoseconds: Int

  package init(seconds: Int, nanoseconds: Int) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  init(_ time: timespec) {
    seconds = time.tv_sec
    nanoseconds = time.tv_nsec
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  var timespec: timespec { Glibc.timespec(tv_sec: seconds, tv_nsec: nanoseconds) }
}

extension Errno {
  static var current: Errno { Errno(rawValue: Glibc.errno) }
}
