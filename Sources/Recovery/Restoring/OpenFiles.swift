import Files
import SystemPackage

/// Which processes have files of a folder open: a running CouchDB must not lose its files under its feet.
enum OpenFiles {
  /// By device and inode, not by path: a CouchDB in a container knows its files by other paths.
  ///
  /// - Returns: process ids; only those this user may look at.
  static func processes(using folder: FilePath) throws -> [Int] {
    let ours = try files(below: folder)
    guard let processes = try? Folder.entries(of: "/proc") else { return [] }
    return processes.compactMap { Int($0.name.string) }.filter { process in
      let descriptors = FilePath("/proc/\(process)/fd")
      return ((try? Folder.entries(of: descriptors)) ?? []).contains { entry in
        // stat goes through the link to the open file itself.
        (try? FileMetadata.of(descriptors.appending(entry.name))).map { ours.contains([$0.device, $0.inode]) } ?? false
      }
    }.sorted()
  }

  private static func files(below root: FilePath) throws -> Set<[UInt64]> {
    var open = [root]
    var files: Set<[UInt64]> = []
    while let folder = open.popLast() {
      for entry in try Folder.entries(of: folder) {
        let path = folder.appending(entry.name)
        guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { continue }
        if metadata.kind == .folder { open.append(path) }
        if metadata.kind == .file { files.insert([metadata.device, metadata.inode]) }
      }
    }
    return files
  }
}
