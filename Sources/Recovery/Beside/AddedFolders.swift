import Files
import SystemPackage

/// Folders that new files in a live data folder need: made with the owner and the permissions of CouchDB's own.
struct AddedFolders {
  private let live: LiveDataFolder

  init(in live: LiveDataFolder) { self.live = live }

  /// - Parameter path: of a file below the data folder.
  func make(above path: String) throws {
    for folder in Self.folders(above: path) {
      let place = live.root.appending(folder)
      guard try FileMetadata.ifPresent(place) == nil else { continue }
      try Folder.make(place, permissions: live.folder.permissions)
      // The process may be told to make folders with fewer permissions; and the owner of one's own folder needs no change.
      let made = try FileMetadata.of(place)
      let isOwned = made.owner == live.folder.owner && made.group == live.folder.group
      try place.setMetadata(owner: isOwned ? nil : (live.folder.owner, live.folder.group), permissions: live.folder.permissions)
    }
  }

  /// Makes the names in them durable, and theirs.
  func sync(_ paths: [String]) throws {
    for folder in Set(paths.flatMap(Self.folders)).sorted(by: >) { try Folder.sync(live.root.appending(folder)) }
    try Folder.sync(live.root)
  }

  /// Those in which nothing is; CouchDB's own that happen to be empty are made again when it needs them.
  func removeEmpty(above paths: [String]) {
    for folder in Set(paths.flatMap(Self.folders)).sorted(by: >) where folder.contains("_design") {
      try? live.root.appending(folder).removeEmptyFolder()
    }
  }

  /// `a`, `a/b` of `a/b/c`.
  private static func folders(above path: String) -> [String] { path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) } }
}
