import CLinux
import Glibc
package import SystemPackage

/// Making many files durable.
package enum ManyFiles {
  /// Fewer are synced one by one: on a busy host the rest of the file system has more to write than they.
  private static let few = 16

  /// Makes the bytes of all files durable.
  ///
  /// One by one each costs a commit of the file system's journal, 3 ms on a virtual disk; all of the file system together cost one.
  /// - Parameter folder: they lie below it, on its file system.
  package static func sync(_ files: [FilePath], below folder: FilePath) throws(FileError) {
    guard files.count > few, tellsErrors else {
      for file in files { try file.syncFile() }
      return
    }
    let number = folder.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open", folder, .current) }
    defer { close(number) }
    guard syncfs(number) == 0 else { throw FileError("make durable all files of", folder, .current) }
  }

  /// Before Linux 5.8 syncfs is silent about what could not be written.
  private static var tellsErrors: Bool {
    var name = utsname()
    guard uname(&name) == 0 else { return false }
    let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 8)
  }
}
