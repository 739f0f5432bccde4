package import SystemPackage

/// How much a folder holds.
package enum FolderSize {
  /// - Returns: the sizes of all files below in bytes, links not followed; `nil` if it is more than the limit or cannot be read.
  package static func of(_ folder: FilePath, atMost limit: Int) -> Int? {
    var open = [folder]
    var sum = 0
    while let next = open.popLast() {
      guard let entries = try? Folder.entries(of: next) else { return nil }
      for entry in entries {
        let path = next.appending(entry.name)
        guard let metadata = try? FileMetadata.of(path, followingSymlinks: false) else { continue }
        switch metadata.kind {
        case .folder: open.append(path)
        case .file: sum += metadata.size
        case .symlink, .other: continue
        }
        if sum > limit { return nil }
      }
    }
    return sum
  }
}
