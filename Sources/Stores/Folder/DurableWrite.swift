import SystemPackage

/// A file that is either there, whole and on the disk, or not there at all: temporary file beside its place, write, fsync,
/// rename, fsync of the folder.
enum DurableWrite {
  private static let prefix = ".akiba-"
  private static let suffix = ".tmp"

  static func isTemporary(_ fileName: String) -> Bool { fileName.hasPrefix(prefix) && fileName.hasSuffix(suffix) }

  /// - Parameter replacing: `false` throws `fileExists` rather than replace what is at `path`.
  static func write(_ bytes: [UInt8], to path: FilePath, replacing: Bool) throws {
    let folder = path.removingLastComponent()
    let temporary = folder.appending("\(prefix)\(UInt64.random(in: 0...UInt64.max))\(suffix)")
    do {
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
      try file.closeAfter {
        try file.writeAll(bytes)
        try FolderCalls.sync(file)
      }
      if replacing { try FolderCalls.rename(temporary, path) } else { try FolderCalls.link(temporary, path) }
    } catch {
      try? FolderCalls.remove(temporary)
      throw error
    }
    try FolderCalls.sync(folder)
  }
}
