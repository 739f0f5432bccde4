import CLinux
import Files
import Glibc
import SystemPackage

/// Memory as on a host that has been up for long: full of page cache.
///
/// Free memory costs whoever uses it first. A virtual machine gives it back to its host within seconds and waits to get it again: restores of
/// the same 2 GB took 2.6 to 7.5 s, as much of them as had been free. With all of it in the page cache they differ by a tenth.
enum FullMemory {
  private static let step = 1 << 20
  /// Of all memory: the kernel keeps about as much free itself.
  private static let leftFree = 64

  /// Reads from a file without content until there is hardly any free memory left, and uses what is left once more: the next program starts
  /// with that.
  ///
  /// - Parameters:
  ///   - folder: the file is made there once, and takes no room.
  ///   - body: reads what is to be in the page cache then.
  static func make(in folder: FilePath, reading body: () throws -> Void) throws {
    let all = sysconf(Int32(_SC_PHYS_PAGES)) * pageSize
    try fill(folder.appending("memory"), until: all / leftFree, of: all)
    try body()
    try use(2 * all / leftFree)
  }

  private static var pageSize: Int { sysconf(Int32(_SC_PAGESIZE)) }

  private static func fill(_ path: FilePath, until left: Int, of all: Int) throws {
    let file = try FileDescriptor.open(path, .readWrite, options: .create, permissions: .ownerReadWrite)
    try file.closeAfter {
      try file.resize(to: Int64(all))
      try withUnsafeTemporaryAllocation(byteCount: step, alignment: 16) { buffer in
        while sysconf(Int32(_SC_AVPHYS_PAGES)) * pageSize > left, try file.read(into: buffer) > 0 {}
      }
    }
  }

  /// As a file in memory, not as memory of this process: a child's peak begins with its parent's.
  private static func use(_ byteCount: Int) throws {
    let file = FileDescriptor(rawValue: memfd_create("memory", UInt32(AKIBA_MFD_CLOEXEC)))
    try file.closeAfter {
      let piece = [UInt8](repeating: 0x5A, count: step)
      for _ in 0..<(byteCount + step - 1) / step { try file.writeAll(piece) }
    }
  }
}
