import Files
import Primitives
package import SystemPackage

/// A repository in a folder of a mounted disk.
///
/// Objects are written beside their place under a temporary name, synced, renamed, and the folder synced. Folders are 0700
/// and files 0600. Each call blocks its task for the time of one object: call it from child tasks.
package struct FolderStore: BlobStore {
  package let folder: FilePath
  /// Seconds after which an unfinished file belongs to no run any more.
  private static let leftoverAge = 86_400

  package init(_ folder: FilePath) { self.folder = folder }

  package var address: String { folder.string }

  package var showsAtOnce: Bool { FileSystemKind.isLocal(folder) }

  package func createLayout() throws {
    try throwing("create", folder) {
      try Folder.make(folder)
      for part in ObjectName.layout { try Folder.make(folder.appending(part)) }
      try Folder.sync(folder)
    }
  }

  package func put(_ bytes: [UInt8], as name: ObjectName) throws {
    if let present = try? size(of: name) {
      guard name != .config else {
        throw StoreError(.alreadyExists, cannot: "store", name, in: address, because: "it is already there")
      }
      if present == bytes.count { return }
    }
    let place = path(of: name)
    try throwing("store", name) {
      do {
        try DurableFile.write(bytes, to: place, replacing: name != .config)
      } catch let error as FileError where error.errno == .noSuchFileOrDirectory && name.kind == .pack {
        // Some tools create the 256 folders of data/ only when needed. The repository's own folder is never made up here:
        // a disk that is not mounted must not fill the one below it.
        let data = place.removingLastComponent().removingLastComponent()
        guard try FileMetadata.ifPresent(data) != nil else { throw error }
        try Folder.make(place.removingLastComponent())
        try Folder.sync(data)
        try DurableFile.write(bytes, to: place)
      }
    }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] {
    try throwing("read", name) {
      let file = try HeldFile(opening: path(of: name))
      let range = range ?? 0..<file.byteCount
      guard range.lowerBound >= 0, range.upperBound <= file.byteCount else {
        throw StoreError(
          .damaged, cannot: "read", name, in: address, because: "it ends at byte \(file.byteCount), not \(range.upperBound)")
      }
      let bytes = try file.bytes(at: range.lowerBound, count: range.count)
      guard bytes.count == range.count else {
        throw StoreError(.damaged, cannot: "read", name, in: address, because: "it shrank while being read")
      }
      return bytes
    }
  }

  package func size(of name: ObjectName) throws -> Int {
    try throwing("measure", name) { try FileMetadata.of(path(of: name)).size }
  }

  package func names(of kind: ObjectName.Kind) throws -> [StoredObject] {
    if kind == .config {
      do { return [StoredObject(name: .config, byteCount: try size(of: .config))] } catch let error as StoreError
        where error.kind == .notFound
      { return [] }
    }
    var found: [StoredObject] = []
    for place in try folders(of: kind) {
      for entry in try entries(of: place) {
        guard let name = ObjectName(kind, fileName: entry), name.folder == relative(place) else { continue }
        // An object may be removed between listing and measuring, as locks are: then it is not there.
        do { found.append(StoredObject(name: name, byteCount: try size(of: name))) } catch let error as StoreError
          where error.kind == .notFound
        {}
      }
    }
    return found
  }

  package func remove(_ name: ObjectName) throws {
    try throwing("remove", name) {
      let place = path(of: name)
      try place.removeFile()
      // Where the power fails, what named a pack must not come back without it.
      if [.snapshot, .index].contains(name.kind) { try Folder.sync(place.removingLastComponent()) }
    }
  }

  package func removeLeftovers(now: Int) throws -> Int {
    var removed = 0
    for place in [folder] + (try ObjectName.Kind.allCases.filter { $0 != .config }.flatMap(folders)) {
      for entry in try entries(of: place) where entry.hasSuffix(PartFile.suffix) {
        let path = place.appending(entry)
        try throwing("remove", "unfinished file '\(entry)'") {
          guard let metadata = try FileMetadata.ifPresent(path), now - metadata.modified.seconds > Self.leftoverAge else { return }
          try path.removeFile()
          removed += 1
        }
      }
    }
    return removed
  }

  private func path(of name: ObjectName) -> FilePath { folder.appending(name.path) }

  private func relative(_ place: FilePath) -> String {
    let parts = place.components.suffix(place.components.count - folder.components.count)
    return parts.map(\.string).joined(separator: "/")
  }

  /// The folders that hold objects of `kind`: one, or for packs the up to 256 that are there.
  private func folders(of kind: ObjectName.Kind) throws -> [FilePath] {
    let top = folder.appending(kind.folder)
    guard kind == .pack else { return [top] }
    return try entries(of: top).filter { $0.utf8.count == 2 }.map { top.appending($0) }
  }

  private func entries(of place: FilePath) throws -> [String] {
    try throwing("list", "folder '\(relative(place))'") {
      do {
        return try Folder.entries(of: place).map(\.name.string)
      } catch let error as FileError where error.errno == .noSuchFileOrDirectory {
        // A missing folder holds nothing, but a missing repository is a disk that is not mounted.
        _ = try FileMetadata.of(folder)
        return []
      } catch let error as FileError where error.errno == .notDirectory {
        return []
      }
    }
  }

  private func throwing<Value>(_ operation: String, _ what: some CustomStringConvertible, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as FileError {
      throw StoreError(cannot: operation, what, in: address, errno: error.errno)
    }
  }
}
