import Glibc
package import SystemPackage

/// Has the system fetch the ends of files before they are read.
///
/// A reader that goes from file to file waits for the disk at each. Told beforehand, the disk works on many at a time.
package enum ReadAhead {
  /// Bytes: eight of CouchDB's blocks, which hold the newest header of all but few files, and small files whole.
  private static let reach = 32768

  /// A file that cannot be opened is passed over: who reads it finds out why.
  package static func end(of path: FilePath) {
    let number = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard number >= 0 else { return }
    defer { close(number) }
    var status = stat()
    guard fstat(number, &status) == 0 else { return }
    let start = max(0, Int(status.st_size) - reach)
    posix_fadvise(number, off_t(start), off_t(reach), POSIX_FADV_WILLNEED)
  }
}
