package import SystemPackage

/// How much a folder holds.
package enum FolderSize {
  /// A folder with more in it is too large, whatever its files hold: looking at each would take minutes.
  private static let mostEntries = 100_000

  /// - Returns: the sizes of all files below in bytes, links not followed; `nil` if it is more than the limit, has too many entries, or cannot
  ///   be read.
  package static func of(_ folder: FilePath, atMost limit: Int, entries mostEntries: Int = mostEntries) -> Int? {
    var open = [folder]
    var sum = 0
    var seen = 0
    while let next = open.popLast() {
      guard let entries = try? Folder.entries(of: next) else { return nil }
      seen += entries.count
      guard seen <= mostEntries else { return nil }
      for entry in entries {
        let path = next.appending(entry.name)
        guard let metadata = try? FileMetadata.of(path, followingSymlinks: false) else { continue }
        switch metadata.kind {
        case .folder: open.append(path)
        case .file:
          // A sparse file may claim any size: adding first would overflow.
          guard metadata.size <= limit - sum else { return nil }
          sum += metadata.size
        case .symlink, .other: continue
        }
      }
    }
    return sum
  }
}
