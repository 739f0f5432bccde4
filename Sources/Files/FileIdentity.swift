import CLinux
import Glibc

/// Which file this is, as far as the file system can tell: its inode and the nanosecond it was made.
///
/// An inode number alone is given to another file once the first is gone; together with the time of birth it is not. File systems that
/// do not keep that time leave it out.
package struct FileIdentity: Equatable, Sendable {
  /// `INODE` or `INODE-SECONDS.NANOSECONDS`.
  package let text: String

  init(descriptor: Int32) {
    var status = CLinux.statx()
    let isKnown = statx(descriptor, "", Int32(AKIBA_AT_EMPTY_PATH), UInt32(STATX_BTIME | STATX_INO), &status) == 0
    guard isKnown else {
      text = ""
      return
    }
    let hasBirth = status.stx_mask & UInt32(STATX_BTIME) != 0
    text = "\(status.stx_ino)" + (hasBirth ? "-\(status.stx_btime.tv_sec).\(status.stx_btime.tv_nsec)" : "")
  }
}
