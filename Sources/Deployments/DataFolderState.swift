import Files
package import Primitives

/// What the file system says of a data folder as a whole. While it says the same, nobody wrote to a file in it, made one or removed one.
///
/// Files and folders count with path, inode, size, owner, permissions and times. The time of change cannot be set by a program. What a backup never takes, such as a compaction's files, counts with its name alone: it changes while the data do not.
package struct DataFolderState: Sendable {
  package var digest: ContentID { sum ?? ContentID(hashing: []) }
  /// Of anything that counts, in seconds since 1970.
  package private(set) var newestChange = Int.min
  /// Symlinks or mounts lead to another file system, of which nothing is known.
  package private(set) var spansDevices = false
  /// Of one SHA-256 for each file and folder: they are listed in no order.
  private var sum: ContentID?
  private var device: UInt64?
  private var row: [UInt8] = []

  package init() {}

  /// - Parameter path: below the data folder; its bytes, not its text.
  mutating func add(_ path: String, _ metadata: FileMetadata) {
    if device != nil, device != metadata.device { spansDevices = true }
    device = metadata.device
    begin(path)
    append(metadata.inode)
    append(UInt64(bitPattern: Int64(metadata.size)))
    for time in [metadata.modified, metadata.changed] {
      append(UInt64(bitPattern: Int64(time.seconds)))
      append(UInt64(bitPattern: Int64(time.nanoseconds)))
      newestChange = max(newestChange, time.seconds)
    }
    append(UInt64(metadata.permissions) << 32 | UInt64(metadata.owner))
    append(UInt64(metadata.group))
    finish()
  }

  mutating func add(name path: String) {
    begin(path)
    finish()
  }

  /// Adds another part of the same data folder.
  mutating func add(_ part: DataFolderState) {
    if let device, let other = part.device, device != other { spansDevices = true }
    if part.spansDevices { spansDevices = true }
    device = part.device ?? device
    newestChange = max(newestChange, part.newestChange)
    if let addend = part.sum { add(addend) }
  }

  private mutating func add(_ addend: ContentID) { sum = sum.map { $0 &+ addend } ?? addend }

  private mutating func begin(_ path: String) {
    row.removeAll(keepingCapacity: true)
    row += path.utf8
    row.append(0)
  }

  private mutating func append(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { row += $0 }
  }

  private mutating func finish() { add(ContentID(hashing: row)) }
}
