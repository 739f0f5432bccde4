import Files
import Glibc
import SystemPackage

/// Memory as on a host that has been up for long: full of page cache.
///
/// Free memory costs whoever uses it first. A virtual machine gives it back to its host within seconds and waits to get it again: restores of
/// the same 2 GB took 2.6 to 7.5 s, as much of them as had been free. With all of it in the page cache they differ by a twentieth.
enum FullMemory {
  private static let step = 1 << 20
  /// Of all memory: the kernel keeps about as much free itself.
  private static let leftFree = 64

  /// Reads from a file without content until there is hardly any free memory left.
  ///
  /// - Parameter folder: the file is made there once, and takes no room.
  static func make(in folder: FilePath) throws {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let all = sysconf(Int32(_SC_PHYS_PAGES)) * page
    let path = folder.appending("memory")
    let file = try FileDescriptor.open(path, .readWrite, options: .create, permissions: .ownerReadWrite)
    try file.closeAfter {
      try file.resize(to: Int64(all))
      try withUnsafeTemporaryAllocation(byteCount: step, alignment: 16) { buffer in
        while sysconf(Int32(_SC_AVPHYS_PAGES)) * page > all / leftFree, try file.read(into: buffer) > 0 {}
      }
    }
  }
}
