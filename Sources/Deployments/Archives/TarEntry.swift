package import Files

/// One member of a tar archive, long names and PAX records already applied.
package struct TarEntry: Equatable, Sendable {
  package enum Kind: Equatable, Sendable { case file, folder, symlink, hardLink, other }

  package var kind: Kind
  /// Bytes as they came: need not be UTF-8, may have a leading or trailing slash.
  package var name: [UInt8]
  /// Where a link leads.
  package var link: [UInt8]
  /// Permission, setuid, setgid and sticky bits.
  package var mode: UInt32
  package var owner: UInt32
  package var group: UInt32
  /// In bytes; 0 for everything but files.
  package var size: Int
  package var modified: FileTime
}
