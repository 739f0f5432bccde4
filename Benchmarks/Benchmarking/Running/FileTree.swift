import Files
package import SystemPackage

/// All regular files below a folder.
package enum FileTree {
  /// - Returns: path below `root` → size in bytes.
  package static func files(below root: FilePath) throws -> [String: Int] {
    var files: [String: Int] = [:]
    var open = [(path: root, name: "")]
    while let (path, name) = open.popLast() {
      for entry in try Folder.entries(of: path) {
        let inside = path.appending(entry.name)
        switch entry.kind {
        case .folder: open.append((inside, name + entry.name.string + "/"))
        case .file: files[name + entry.name.string] = try FileMetadata.of(inside, followingSymlinks: false).size
        case .symlink, .other: continue
        }
      }
    }
    return files
  }

  /// The sum of the sizes of all files below `root`; 0 if it is not there.
  package static func bytes(below root: FilePath) throws -> Int {
    guard try FileMetadata.ifPresent(root) != nil else { return 0 }
    return try files(below: root).values.reduce(0, +)
  }
}
