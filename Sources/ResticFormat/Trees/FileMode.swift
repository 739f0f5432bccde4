/// A node's permissions as restic stores them: Go's `os.FileMode`, not Unix's `st_mode`.
///
/// Source: Go `io/fs/fs.go`, `FileMode`.
package struct FileMode: Sendable, Hashable {
  package let goBits: UInt32

  package init(goBits: UInt32) { self.goBits = goBits }

  private static let permissions: UInt32 = 0o777
  private static let special: [(unix: UInt32, go: UInt32)] = [
    (0o4000, 1 << 23),  // setuid
    (0o2000, 1 << 22),  // setgid
    (0o1000, 1 << 20),  // sticky
  ]
  private static let kinds: [(unix: UInt32, go: UInt32)] = [
    (0o040000, 1 << 31),  // folder
    (0o120000, 1 << 27),  // symbolic link
    (0o060000, 1 << 26),  // block device
    (0o020000, 1 << 26 | 1 << 21),  // character device
    (0o010000, 1 << 25),  // fifo
    (0o140000, 1 << 24),  // socket
    (0o100000, 0),  // file
  ]
  private static let unixKindMask: UInt32 = 0o170000
  private static let goKindMask: UInt32 = 1 << 31 | 1 << 27 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21

  /// - Parameter unix: `st_mode`, with or without the bits that tell the kind.
  package init(unix: UInt32) {
    var bits = unix & Self.permissions
    for (unixBit, goBit) in Self.special where unix & unixBit != 0 { bits |= goBit }
    bits |= Self.kinds.first { $0.unix == unix & Self.unixKindMask }?.go ?? 0
    goBits = bits
  }

  /// `st_mode`, kind and all.
  package var unix: UInt32 {
    var mode = unixPermissions
    mode |= Self.kinds.first { $0.go == goBits & Self.goKindMask }?.unix ?? 0
    return mode
  }

  /// What `chmod` takes: permissions, setuid, setgid and sticky.
  package var unixPermissions: UInt32 {
    var mode = goBits & Self.permissions
    for (unixBit, goBit) in Self.special where goBits & goBit != 0 { mode |= unixBit }
    return mode
  }
}
