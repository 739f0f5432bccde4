import Files
import Glibc
import SystemPackage

/// Memory that the host of a virtual machine has to hand out again makes whoever uses it first wait, seconds for a few gigabytes: a restore
/// took 4.6 s after one and 1.9 s without. So all that a run may need is used just before each.
enum UsedMemory {
  private static let step = 1 << 20

  /// Fills so much of the page cache and lets go of it.
  static func touch(_ byteCount: Int, in folder: FilePath) throws {
    let path = folder.appending("memory")
    let file = try FileDescriptor.open(path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    defer { unlink(path.string) }
    try file.closeAfter {
      let piece = [UInt8](repeating: 0x5A, count: step)
      for _ in 0..<(byteCount + step - 1) / step { try file.writeAll(piece) }
    }
  }
}
