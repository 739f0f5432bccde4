import CLinux
import Glibc
package import SystemPackage

extension FilePath {
  /// This folder and another change names, in one step where the file system can.
  package func changePlaces(with other: FilePath) throws(FileError) {
    let result = withPlatformString { one in
      other.withPlatformString { renameat2(AT_FDCWD, one, AT_FDCWD, $0, UInt32(AKIBA_RENAME_EXCHANGE)) }
    }
    guard result != 0 else { return }
    let reason = Errno.current
    // FAT and some network file systems.
    guard reason == .invalidArgument || reason == .notSupported || reason == .noFunction else {
      throw FileError("change places with '\(other)'", self, reason)
    }
    let aside = other.removingLastComponent().appending(".\(other.lastComponent?.string ?? "folder").\(getpid()).aside")
    try other.renameFile(to: aside)
    try renameFile(to: other)
    try aside.renameFile(to: self)
  }
}
