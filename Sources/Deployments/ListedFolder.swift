import CouchFormat
import Files
import Glibc
import SystemPackage

/// One folder of a data folder, without what is below its subfolders.
struct ListedFolder: Sendable {
  /// Below the data folder; empty for itself.
  let path: String
  let metadata: FileMetadata
  private(set) var files: [DataFolderListing.File] = []
  /// Paths of those to look into, without symlinks.
  private(set) var subfolders: [String] = []
  /// Paths of symlinks to folders.
  private(set) var linkedFolders: [String] = []
  private(set) var leftOut: [Manifest.LeftOut] = []
  private(set) var foreign: [String] = []
  /// What the file system says of it, if that was asked for.
  private(set) var state: DataFolderState?

  /// - Returns: `nil` if it is gone: a folder of databases that are being deleted may vanish at any time.
  init?(_ path: String, below root: FilePath, withState: Bool) throws(FileError) {
    guard let contents = try Self.open(path.isEmpty ? root : root.appending(path)) else { return nil }
    self.path = path
    metadata = try contents.metadata()
    if withState { state = DataFolderState() }
    state?.add(path, metadata)
    try contents.visit { (item, kind) throws(FileError) in
      let name = Self.path(path, item)
      let target = kind == .symlink ? try contents.metadata(of: item)?.kind ?? .other : kind
      if target == .folder {
        enter(name, isLink: kind == .symlink)
      } else if add(name), state != nil, let metadata = try contents.metadata(of: item) {
        state?.add(name, metadata)
      } else {
        state?.add(name: name)
      }
    }
  }

  private static func open(_ folder: FilePath) throws(FileError) -> OpenFolder? {
    do {
      return try OpenFolder(folder)
    } catch  where error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory {
      return nil
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

  private mutating func enter(_ path: String, isLink: Bool) {
    state?.add(name: path)
    switch DataFolderEntry(path: path + "/") {
    case .awaitingDeletion: leftOut.append(.init(path: path, reason: "files CouchDB is deleting"))
    case .searchIndex:
      leftOut.append(
        .init(
          path: path, reason: "search index: Nouveau builds it anew from the documents, in minutes to a day; until then users cannot sync"))
    default: if isLink { linkedFolders.append(path) } else { subfolders.append(path) }
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
      files.append(DataFolderListing.File(path: path, entry: entry))
      return true
    }
    return false
  }
}
