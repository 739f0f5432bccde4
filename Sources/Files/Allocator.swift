import CLinux

/// glibc's memory allocator.
package enum Allocator {
  /// Pieces of files, compressed and not, are up to 2 MiB; packs are 16 MiB.
  private static let largestKept = 4 << 20
  /// Of up to eight for each core: what one thread frees, another takes up.
  private static let arenas = 4

  /// Without this, glibc gives every buffer of 128 KiB or more back to the kernel and faults it in again: sealing blobs takes twice as long.
  ///
  /// Larger ones are given back: kept between small things that stay, their places are of use to nobody. Measured over a first backup of 5 GB
  /// in 160 files: 160 MB with all kept, 80 to 118 MB so, in the same time.
  package static func keepLargeBuffers() {
    _ = mallopt(Int32(AKIBA_M_MMAP_THRESHOLD), Int32(largestKept))
    _ = mallopt(Int32(AKIBA_M_TRIM_THRESHOLD), 128 << 20)
    _ = mallopt(Int32(AKIBA_M_ARENA_MAX), Int32(arenas))
  }
}
