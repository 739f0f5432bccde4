import CLinux
package import SystemPackage

/// What kind of file system holds a path.
package enum FileSystemKind {
  /// `f_type` of file systems that only this host's kernel writes to; from statfs(2) and Linux' `magic.h`.
  private static let local: Set<Int> = [
    0xEF53,  // ext2, ext3, ext4
    0x5846_5342,  // XFS
    0x9123_683E,  // Btrfs
    0x2FC1_2FC1,  // ZFS
    0xF2F5_2010,  // F2FS
    0x0102_1994,  // tmpfs
    0x794C_7630,  // overlayfs
    0x4D44,  // FAT
    0x2011_BAB0,  // exFAT
    0x7366_746E,  // NTFS, the kernel's own
  ]

  /// Whether no other host can write there, so that what one process does every other sees at once.
  ///
  /// - Returns: `false` for network file systems, for FUSE, and for what is not known.
  package static func isLocal(_ path: FilePath) -> Bool {
    var status = CLinux.statfs()
    guard path.withPlatformString({ statfs($0, &status) }) == 0 else { return false }
    return local.contains(Int(status.f_type))
  }
}
