import Deployments
import Files
import FoundationEssentials
import Primitives
import SystemPackage

/// One drill of a deployment at a time, wherever it restores to; and where that is, so that the next one finds what a killed one left.
struct DrillTurn {
  private static let largest = 1 << 16

  private let lock: FolderLock
  private let file: FilePath

  init(_ configuration: Configuration) throws {
    let folder = configuration.stateFolder.appending("drilling")
    try Folder.make(folder)
    file = folder.appending("scratch")
    guard let lock = try FolderLock(folder) else {
      throw DrillError(
        summary: "another drill of '\(configuration.deployment.name)' is at work\(Self.place(in: file).map { " in '\($0)'" } ?? "")",
        hints: ["wait until it has ended"])
    }
    self.lock = lock
  }

  private static func place(in file: FilePath) -> FilePath? {
    guard let held = try? HeldFile(opening: file), let bytes = try? held.bytes(at: 0, count: min(held.byteCount, largest)), !bytes.isEmpty
    else {
      return nil
    }
    return FilePath(String(decoding: bytes, as: UTF8.self))
  }

  /// Before the first byte is restored to `folder`: what lies elsewhere is taken away, a program that runs there is ended.
  func move(to folder: FilePath) async throws {
    if let old = Self.place(in: file), old != folder, old.lastComponent == folder.lastComponent {
      if Environment.isRoot { try await ExecutableServer(executable: "", room: DrillScratch.room(in: old)).clear() }
      try DrillScratch.clear(old)
      try? old.removeEmptyFolder()
    }
    try DurableFile.write(Array(folder.string.utf8), to: file)
  }

  /// If nothing is left there.
  func end() {
    guard let place = Self.place(in: file), (try? FileMetadata.ifPresent(place)) ?? nil == nil else { return }
    try? file.removeFile()
  }
}
