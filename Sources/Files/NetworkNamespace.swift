import CLinux
import Glibc
import SystemPackage

/// The network of another process on this host, as Linux keeps them apart: what listens on loopback there is reached only from there.
package struct NetworkNamespace: Sendable, Hashable {
  private let path: FilePath

  /// - Parameter process: its id.
  package init(ofProcess process: Int) { path = FilePath("/proc/\(process)/ns/net") }

  /// From here to its end the calling thread makes its connections there; it should do nothing else. Other threads stay where they are.
  ///
  /// Only root may.
  package func enter() throws(FileError) {
    let number = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open", path, .current) }
    defer { close(number) }
    guard setns(number, CInt(AKIBA_CLONE_NEWNET)) == 0 else { throw FileError("enter", path, .current) }
  }

  /// Whether it is not this process's own: a process that is being started may not have left it yet.
  package func isAnother() throws(FileError) -> Bool { try path.symlinkTarget() != FilePath("/proc/self/ns/net").symlinkTarget() }

  /// Loopback is down in a network that was just made. To be called by a thread that entered it.
  package func bringUpLoopback() throws(FileError) {
    guard akiba_bring_up_loopback() == 0 else { throw FileError("bring up loopback in", path, .current) }
  }
}
