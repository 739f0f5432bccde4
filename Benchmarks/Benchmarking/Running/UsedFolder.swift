import Files
import Glibc
import SystemPackage

/// A folder that is not needed any more.
enum UsedFolder {
  /// Takes the content from all its files. They stay until nothing is measured any more: for up to six minutes after files are removed ext4
  /// looks for inodes that were not in use lately, and making 16,000 files takes seconds more.
  static func empty(_ folder: FilePath) throws {
    for path in try FileTree.files(below: folder).keys {
      let path = folder.pushing(FilePath(path))
      // restic takes the right to write from what it wrote.
      guard chmod(path.string, 0o600) == 0, truncate(path.string, 0) == 0 else {
        throw BenchError("cannot empty '\(path)': \(String(cString: strerror(errno)))")
      }
    }
  }
}
