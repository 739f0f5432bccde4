import Files
import Primitives
import SystemPackage

/// The folder that `akiba kit` makes: it is there whole, or not at all.
struct KitFolder {
  struct File {
    let name: String
    let text: String
  }

  static let names = [Kit.fileName, "kit.md", "kit.html"]

  let path: FilePath

  /// Refuses a folder with other things in it, before any work is done.
  ///
  /// - Parameter isForced: then a kit of another deployment, or a damaged one, is replaced, and other files stay.
  func check(deployment: String, isForced: Bool) throws {
    guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { return }
    guard metadata.kind == .folder else {
      throw KitError(summary: "'\(path)' exists and is no folder", hints: ["name a new folder: akiba kit --out FOLDER"])
    }
    let entries = try Folder.entries(of: path)
    if entries.isEmpty || isForced { return }
    guard entries.contains(where: { $0.name.string == Kit.fileName }) else {
      throw KitError(
        summary: "'\(path)' is not empty and holds no kit", hints: ["name a new folder, for example '\(path.appending("kit"))'"])
    }
    let old: Kit
    do { old = try Kit(reading: path) } catch let error as KitError {
      throw KitError(summary: error.summary, hints: ["to replace it: the same command with --force"])
    }
    guard old.deployment == deployment else {
      throw KitError(
        summary: "'\(path)' holds the kit of another deployment, '\(old.deployment)'",
        hints: ["name a new folder", "to replace that kit: the same command with --force"])
    }
  }

  /// Writes a folder beside it and gives that its name. What else lay in the folder stays in it.
  func write(_ files: [File]) throws {
    let parent = path.removingLastComponent()
    try Folder.make(parent)
    let part = parent.appending(".\(path.lastComponent?.string ?? "kit").\(UInt32.random(in: 0 ... .max))\(PartFile.suffix)")
    try Folder.make(part)
    do {
      for file in files { try DurableFile.write(Array(file.text.utf8), to: part.appending(file.name), replacing: false) }
      if try FileMetadata.ifPresent(path, followingSymlinks: false) == nil {
        try part.renameFile(to: path)
      } else {
        try part.changePlaces(with: path)
        try clear(part)
      }
    } catch {
      discard(part)
      throw error
    }
    try Folder.sync(parent)
  }

  /// Of what was replaced: kit files go, all else goes back.
  private func clear(_ old: FilePath) throws {
    for entry in try Folder.entries(of: old) {
      let file = old.appending(entry.name)
      if Self.names.contains(entry.name.string) { try file.removeFile() } else { try file.renameFile(to: path.appending(entry.name)) }
    }
    try old.removeEmptyFolder()
  }

  private func discard(_ part: FilePath) {
    for name in Self.names { try? part.appending(name).removeFile() }
    try? part.removeEmptyFolder()
  }
}
