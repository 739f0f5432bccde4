import Glibc
package import SystemPackage

/// Keeps other processes of ours out of a folder for as long as it lives. The kernel lets go of it when the process ends, however it ends.
package final class FolderLock: Sendable {
  private let descriptor: FileDescriptor

  /// - Returns: `nil` if another process holds it.
  package init?(_ folder: FilePath) throws(FileError) {
    let number = folder.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open", folder, .current) }
    descriptor = FileDescriptor(rawValue: number)
    guard flock(number, LOCK_EX | LOCK_NB) != 0 else { return }
    switch Errno.current {
    case .wouldBlock: return nil
    case .notSupported, .noLocks: return  // some network file systems have no locks
    case let reason: throw FileError("lock", folder, reason)
    }
  }

  deinit { try? descriptor.close() }
}
