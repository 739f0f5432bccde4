package import CouchFormat
package import Files
import Glibc
package import SystemPackage

/// What lies in a data folder, by path alone: CouchDB's files, its folders, and what a backup leaves out.
package struct DataFolderListing: Sendable {
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

  /// Symlinks are followed: shards on another disk are shards.
  ///
  /// - Parameter withState: looks at each file, too.
  package init(scanning root: FilePath, withState: Bool = false) throws(FileError) {
    if withState { state = DataFolderState() }
    var open = [""]
    var seen: Set<[UInt64]> = []
    while let path = open.popLast() {
      let folder = path.isEmpty ? root : root.appending(path)
      // A folder of databases that are being deleted may vanish at any time.
      guard let metadata = try FileMetadata.ifPresent(folder), seen.insert([metadata.device, metadata.inode]).inserted,
        let contents = try Self.open(folder)
      else { continue }
      folders.append(Folder(path: path, metadata: metadata))
      state?.add(path, metadata)
      try contents.visit { (item, kind) throws(FileError) in
        let name = Self.path(path, item)
        let kind = kind == .symlink ? try contents.metadata(of: item)?.kind ?? .other : kind
        if kind == .folder {
          enter(name, &open)
        } else if add(name), state != nil, let metadata = try contents.metadata(of: item) {
          state?.add(name, metadata)
        } else {
          state?.add(name: name)
        }
      }
    }
  }

  /// Made in one go: there are tens of thousands. What is not UTF-8 shows as U+FFFD.
  private static func path(_ folder: String, _ name: UnsafePointer<CChar>) -> String {
    let count = strlen(name)
    return String(unsafeUninitializedCapacity: folder.utf8.count + 1 + count) { buffer in
      var end = buffer.initialize(fromContentsOf: folder.utf8)
      if end > 0 {
        buffer[end] = UInt8(ascii: "/")
        end += 1
      }
      memcpy(buffer.baseAddress! + end, name, count)  // there is room for at least one byte
      return end + count
    }
  }

  private static func open(_ folder: FilePath) throws(FileError) -> OpenFolder? {
    do {
      return try OpenFolder(folder)
    } catch  where error.errno == .noSuchFileOrDirectory {
      return nil
    }
  }

  private mutating func enter(_ path: String, _ open: inout [String]) {
    state?.add(name: path)
    switch DataFolderEntry(path: path + "/") {
    case .awaitingDeletion: leftOut.append(.init(path: path, reason: "files CouchDB is deleting"))
    case .searchIndex:
      leftOut.append(
        .init(
          path: path, reason: "search index: Nouveau builds it anew from the documents, in minutes to a day; until then users cannot sync"))
    default: open.append(path)
    }
  }

  /// - Returns: whether it is one of CouchDB's files.
  private mutating func add(_ path: String) -> Bool {
    switch DataFolderEntry(path: path) {
    case .compactionLeftover: leftOut.append(.init(path: path, reason: "compaction in progress or left over: dangerous on restore"))
    case .awaitingDeletion: leftOut.append(.init(path: path, reason: "files CouchDB is deleting"))
    case .deletedDatabase where !path.hasSuffix(".couch"): leftOut.append(.init(path: path, reason: "index of a deleted database"))
    case .searchIndex: leftOut.append(.init(path: path, reason: "search index: CouchDB builds it anew"))
    case .unknown: foreign.append(path)
    case let entry:
      files.append(File(path: path, entry: entry))
      return true
    }
    return false
  }
}
