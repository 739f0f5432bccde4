import CLinux
import Glibc
package import SystemPackage

/// A file for a library or a child process that insists on a path, though its text lies nowhere on disk.
package enum MemoryFile {
  /// It lasts as long as this process: whoever is given its path may open it at any time.
  ///
  /// - Returns: a path that this user's other processes can open, too.
  package static func make(_ text: String, named name: String) throws(FileError) -> FilePath {
    let number = memfd_create(name, UInt32(AKIBA_MFD_CLOEXEC))
    guard number >= 0 else { throw FileError("make in memory", FilePath(name), .current) }
    let path = FilePath("/proc/\(getpid())/fd/\(number)")
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
      if count < 0 {
        if Glibc.errno == EINTR { continue }
        let reason = Errno.current
        close(number)
        throw FileError("write", path, reason)
      }
      rest = rest.dropFirst(count)
    }
    return path
  }
}
