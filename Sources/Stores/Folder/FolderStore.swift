package import SystemPackage

/// A repository in a folder of a mounted disk.
///
/// Objects are written beside their place under a temporary name, synced, renamed, and the folder synced. Folders are 0700
/// and files 0600. Each call blocks its task for the time of one object: call it from child tasks.
package struct FolderStore: BlobStore {
  package let folder: FilePath

  package init(_ folder: FilePath) { self.folder = folder }

  package var address: String { folder.string }

  package func createLayout() throws {
    try throwing("create", folder) {
      try FolderCalls.makeFolder(folder, withParents: true)
      for part in ObjectName.layout { try FolderCalls.makeFolder(folder.appending(part), withParents: false) }
      try FolderCalls.sync(folder)
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
        try DurableWrite.write(bytes, to: place, replacing: name != .config)
      } catch Errno.noSuchFileOrDirectory where name.kind == .pack {
        // Some tools create the 256 folders of data/ only when needed. The repository's own folder is never made up here:
        // a disk that is not mounted must not fill the one below it.
        try FolderCalls.makeFolder(place.removingLastComponent(), withParents: false)
        try FolderCalls.sync(place.removingLastComponent().removingLastComponent())
        try DurableWrite.write(bytes, to: place, replacing: true)
      }
    }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] {
    try throwing("read", name) {
      let file = try FileDescriptor.open(path(of: name), .readOnly, options: .closeOnExec)
      return try file.closeAfter {
        let size = try FolderCalls.size(of: file)
        let range = range ?? 0..<size
        guard range.lowerBound >= 0, range.upperBound <= size else {
          throw StoreError(.damaged, cannot: "read", name, in: address, because: "it ends at byte \(size), not \(range.upperBound)")
        }
        let bytes = try FolderCalls.read(file, range)
        guard bytes.count == range.count else {
          throw StoreError(.damaged, cannot: "read", name, in: address, because: "it shrank while being read")
        }
        return bytes
      }
    }
  }

  package func size(of name: ObjectName) throws -> Int {
    try throwing("measure", name) { try FolderCalls.size(of: path(of: name)) }
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
    try throwing("remove", name) { try FolderCalls.remove(path(of: name)) }
  }

  /// Removes what killed runs left behind: unfinished files not touched for `age`. Never called on its own; `names` does not
  /// see them anyway, they only take space.
  ///
  /// - Parameter now: seconds since 1970, as file times count.
  /// - Returns: how many files went.
  package func removeLeftovers(olderThan age: Duration = .seconds(86_400), now: Int) throws -> Int {
    var removed = 0
    for place in [folder] + (try ObjectName.Kind.allCases.filter { $0 != .config }.flatMap(folders)) {
      for entry in try entries(of: place) where DurableWrite.isTemporary(entry) {
        let path = place.appending(entry)
        try throwing("remove", "unfinished file '\(entry)'") {
          guard let modified = try FolderCalls.modificationTime(of: path), now - modified > Int(age.components.seconds) else { return }
          try FolderCalls.remove(path)
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
      do { return try FolderCalls.entries(of: place) } catch Errno.noSuchFileOrDirectory {
        // A missing folder holds nothing, but a missing repository is a disk that is not mounted.
        _ = try FolderCalls.size(of: folder)
        return []
      } catch Errno.notDirectory { return [] }
    }
  }

  private func throwing<Value>(_ operation: String, _ what: some CustomStringConvertible, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let errno as Errno {
      throw StoreError(cannot: operation, what, in: address, errno: errno)
    }
  }
}
