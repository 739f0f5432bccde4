package import Files
package import SystemPackage

/// A file, folder or link out of a container, in memory.
package struct ArchivedFile: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case file
    case folder
    /// As written: not followed, may lead anywhere.
    case symlink(FilePath)
    /// A device, a pipe or a socket.
    case other
  }

  /// Below the path asked for, which itself is the empty path, be it a folder or a file.
  package let path: FilePath
  package let kind: Kind
  /// Permission, setuid, setgid and sticky bits.
  package let mode: UInt32
  /// Podman says 0 whoever owns it.
  package let owner: UInt32
  package let group: UInt32
  package let modified: FileTime
  /// Of a file; otherwise empty.
  package var content: [UInt8]
}
