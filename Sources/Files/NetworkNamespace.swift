import CLinux
import Glibc
import SystemPackage

/// The network of another process on this host, as Linux keeps them apart: what listens on loopback there is reached only from there.
///
/// Held open: the number of a process that ended is given to another, and its network must not be taken for this one.
package final class NetworkNamespace: Sendable {
  private let descriptor: FileDescriptor
  private let path: FilePath

  /// - Parameter process: its id.
  package init(ofProcess process: Int) throws(FileError) {
    path = FilePath("/proc/\(process)/ns/net")
    descriptor = try Self.open(path)
  }

  deinit { try? descriptor.close() }

  private static func open(_ path: FilePath) throws(FileError) -> FileDescriptor {
    let number = path.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open", path, .current) }
    return FileDescriptor(rawValue: number)
  }

  /// From here to its end the calling thread makes its connections there; it should do nothing else. Other threads stay where they are.
  ///
  /// Only root may.
  package func enter() throws(FileError) {
    guard setns(descriptor.rawValue, CInt(AKIBA_CLONE_NEWNET)) == 0 else { throw FileError("enter", path, .current) }
  }

  /// Whether it is not this process's own: a process that is being started may not have left it yet.
  package func isAnother() throws(FileError) -> Bool {
    let own = try Self.open("/proc/self/ns/net")
    defer { try? own.close() }
    var (one, other) = (stat(), stat())
    guard fstat(descriptor.rawValue, &one) == 0, fstat(own.rawValue, &other) == 0 else { throw FileError("look at", path, .current) }
    return one.st_ino != other.st_ino || one.st_dev != other.st_dev
  }

  /// Loopback is down in a network that was just made. To be called by a thread that entered it.
  package func bringUpLoopback() throws(FileError) {
    guard akiba_bring_up_loopback() == 0 else { throw FileError("bring up loopback in", path, .current) }
  }
}
