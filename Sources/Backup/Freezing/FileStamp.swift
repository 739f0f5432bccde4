package import Files
import ResticFormat

/// What the file system said of a file at the last freeze: with the same inode, size and times nobody wrote to it since.
///
/// The time of change cannot be set by a program: who writes and then turns the time of modification back is seen.
package struct FileStamp: Equatable, Sendable {
  /// Clocks of file systems tick: what was written in the tick of the last look has the time of that look. Two seconds are FAT's tick, the
  /// longest there is.
  static let longestTick = 2

  private let inode: UInt64
  private let size: Int
  private let modified: FileTime
  private let changed: FileTime

  package init(_ metadata: FileMetadata) {
    inode = metadata.inode
    size = metadata.size
    modified = metadata.modified
    changed = metadata.changed
  }

  /// - Parameter moment: when the snapshot's freeze ended.
  /// - Returns: `nil` if the file had been changed so shortly before that a later change could have the same time.
  init?(_ node: TreeNode, takenAt moment: Timestamp) {
    guard node.changed.seconds < moment.seconds - Self.longestTick, node.modified.seconds < moment.seconds - Self.longestTick,
      let size = Int(exactly: node.size), node.inode != 0
    else { return nil }
    inode = node.inode
    self.size = size
    modified = FileTime(seconds: node.modified.seconds, nanoseconds: node.modified.nanoseconds)
    changed = FileTime(seconds: node.changed.seconds, nanoseconds: node.changed.nanoseconds)
  }
}
