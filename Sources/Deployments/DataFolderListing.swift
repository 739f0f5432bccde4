package import CouchFormat
package import Files
import Glibc
import Primitives
package import SystemPackage

/// What lies in a data folder, by path alone: CouchDB's files, its folders, and what a backup leaves out.
package struct DataFolderListing: Sendable {
  /// One core is left to whoever opens the repository meanwhile: that takes longer, and the listing is not waited for.
  private static let lanes = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)
  private static let foldersInRun = 64

  package struct File: Sendable {
    /// Below the data folder.
    package let path: String
    package let entry: DataFolderEntry
  }

  package struct Folder: Sendable {
    package let path: String
    package let metadata: FileMetadata
  }

  package private(set) var files: [File] = []
  /// Parents first.
  package private(set) var folders: [Folder] = []
  package private(set) var leftOut: [Manifest.LeftOut] = []
  /// Neither CouchDB's nor known to belong there.
  package private(set) var foreign: [String] = []
  /// What the file system says of all of it, if that was asked for.
  package private(set) var state: DataFolderState?

  /// Symlinks are followed: shards on another disk are shards. A folder is where it is without them, and else at the end of the shortest way.
  ///
  /// - Parameter withState: looks at each file, too.
  /// - Throws: `FileError`, or on cancellation.
  package init(scanning root: FilePath, withState: Bool = false) async throws {
    if withState { state = DataFolderState() }
    var seen: Set<[UInt64]> = []
    var open = [""]
    var linked: [String] = []
    while !open.isEmpty {
      let level = try await AtOnce.mapRuns(of: open, atMost: Self.lanes, longestRun: Self.foldersInRun) { paths in
        try Task.checkCancellation()
        return try paths.map { try ListedFolder($0, below: root, withState: withState) }
      }
      open = []
      for folder in level.joined() {
        guard let folder, seen.insert([folder.metadata.device, folder.metadata.inode]).inserted else { continue }
        add(folder)
        open += folder.subfolders
        linked += folder.linkedFolders
      }
      if open.isEmpty { (open, linked) = (linked.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }, []) }
    }
  }

  private mutating func add(_ folder: ListedFolder) {
    folders.append(Folder(path: folder.path, metadata: folder.metadata))
    files += folder.files
    leftOut += folder.leftOut
    foreign += folder.foreign
    if let part = folder.state { state?.add(part) }
  }
}
