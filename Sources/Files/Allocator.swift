import CLinux

/// glibc's memory allocator.
package enum Allocator {
  /// Without this, glibc gives every buffer of 128 KiB or more back to the kernel and faults it in again: sealing blobs takes twice as long.
  package static func keepLargeBuffers() {
    _ = mallopt(Int32(AKIBA_M_MMAP_THRESHOLD), 64 << 20)
    _ = mallopt(Int32(AKIBA_M_TRIM_THRESHOLD), 128 << 20)
  }
}
