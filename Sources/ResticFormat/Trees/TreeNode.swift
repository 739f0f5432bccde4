package import Primitives

/// One entry of a directory.
///
/// Source: restic `internal/data/node.go`, `Node`.
package struct TreeNode: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case file, dir, symlink, dev, chardev, fifo, socket
  }

  /// Larger than any file system's files, and small enough to add many up.
  static let largestFile: UInt64 = 1 << 55

  /// An extended attribute, kept as it is.
  package struct Attribute: Sendable, Equatable {
    package let name: String
    package let value: [UInt8]

    package init(name: String, value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  /// Raw bytes: Unix names need not be UTF-8. Never empty, never with `/`.
  package var name: [UInt8]
  package var kind: Kind
  package var mode: FileMode
  package var modified: Timestamp
  package var accessed: Timestamp
  package var changed: Timestamp
  package var userID: UInt32 = 0
  package var groupID: UInt32 = 0
  package var user = ""
  package var group = ""
  package var inode: UInt64 = 0
  /// Only for files with several links.
  package var deviceID: UInt64 = 0
  /// Bytes of a file.
  package var size: UInt64 = 0
  package var links: UInt64 = 0
  /// Raw bytes of a symbolic link's target.
  package var linkTarget: [UInt8] = []
  package var attributes: [Attribute] = []
  /// The device a device node stands for.
  package var device: UInt64 = 0
  /// A file's data blobs, in order.
  package var content: [ContentID] = []
  /// A folder's tree blob.
  package var subtree: ContentID?

  package init(
    name: [UInt8], kind: Kind, mode: FileMode, modified: Timestamp, accessed: Timestamp? = nil, changed: Timestamp? = nil
  ) {
    self.name = name
    self.kind = kind
    self.mode = mode
    self.modified = modified
    self.accessed = accessed ?? modified
    self.changed = changed ?? modified
  }

  /// A file with nothing but what restic needs.
  ///
  /// - Parameter permissions: as `chmod` takes them.
  package static func file(_ name: String, content: [ContentID], size: UInt64, modified: Timestamp, permissions: UInt32 = 0o600) -> Self {
    var node = Self(name: Array(name.utf8), kind: .file, mode: FileMode(unix: permissions), modified: modified)
    node.content = content
    node.size = size
    node.links = 1
    return node
  }

  package static func folder(_ name: String, subtree: ContentID, modified: Timestamp, permissions: UInt32 = 0o700) -> Self {
    var node = Self(name: Array(name.utf8), kind: .dir, mode: FileMode(unix: 0o040000 | permissions), modified: modified)
    node.subtree = subtree
    return node
  }

  /// The name for messages; bytes that are not UTF-8 show as U+FFFD.
  package var displayName: String { String(decoding: name, as: UTF8.self) }

  /// Whether the name can be joined to a path without leaving the folder it stands in.
  package static func isSafe(name: [UInt8]) -> Bool {
    !name.isEmpty && !name.contains(UInt8(ascii: "/")) && !name.contains(0) && name != Array(".".utf8) && name != Array("..".utf8)
  }
}
