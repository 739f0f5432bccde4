package import CouchFormat
package import Files
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

  /// Symlinks are followed: shards on another disk are shards.
  package init(scanning root: FilePath) throws(FileError) {
    var open = [""]
    var seen: Set<[UInt64]> = []
    while let path = open.popLast() {
      let folder = path.isEmpty ? root : root.appending(path)
      // A folder of databases that are being deleted may vanish at any time.
      guard let metadata = try FileMetadata.ifPresent(folder), seen.insert([metadata.device, metadata.inode]).inserted,
        let entries = try Self.entries(folder)
      else { continue }
      folders.append(Folder(path: path, metadata: metadata))
      for item in entries {
        let name = path.isEmpty ? item.name.string : "\(path)/\(item.name.string)"
        let kind = item.kind == .symlink ? try FileMetadata.ifPresent(root.appending(name))?.kind ?? .other : item.kind
        if kind == .folder { enter(name, &open) } else { add(name) }
      }
    }
  }

  private static func entries(_ folder: FilePath) throws(FileError) -> [Files.Folder.Entry]? {
    do {
      return try Files.Folder.entries(of: folder)
    } catch  where error.errno == .noSuchFileOrDirectory {
      return nil
    }
  }

  private mutating func enter(_ path: String, _ open: inout [String]) {
    switch DataFolderEntry(path: path + "/") {
    case .awaitingDeletion: leftOut.append(.init(path: path, reason: "files CouchDB is deleting"))
    case .searchIndex:
      leftOut.append(
        .init(
          path: path, reason: "search index: Nouveau builds it anew from the documents, in minutes to a day; until then users cannot sync"))
    default: open.append(path)
    }
  }

  private mutating func add(_ path: String) {
    switch DataFolderEntry(path: path) {
    case .compactionLeftover: leftOut.append(.init(path: path, reason: "compaction in progress or left over: dangerous on restore"))
    case .awaitingDeletion: leftOut.append(.init(path: path, reason: "files CouchDB is deleting"))
    case .deletedDatabase where !path.hasSuffix(".couch"): leftOut.append(.init(path: path, reason: "index of a deleted database"))
    case .searchIndex: leftOut.append(.init(path: path, reason: "search index: CouchDB builds it anew"))
    case .unknown: foreign.append(path)
    case let entry: files.append(File(path: path, entry: entry))
    }
  }
}
