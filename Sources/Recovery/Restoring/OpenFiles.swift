import Files
import SystemPackage

/// Which processes have files of a folder open: a running CouchDB must not lose its files under its feet.
enum OpenFiles {
  /// By device and inode, not by path: a CouchDB in a container knows its files by other paths.
  ///
  /// - Returns: process ids; only those this user may look at.
  static func processes(using folder: FilePath) throws -> [Int] {
    let ours = try files(below: folder)
    guard let processes = try? Folder.entries(of: "/proc") else { return [] }
    return processes.compactMap { Int($0.name.string) }.filter { process in
      let descriptors = FilePath("/proc/\(process)/fd")
      return ((try? Folder.entries(of: descriptors)) ?? []).contains { entry in
        // stat goes through the link to the open file itself.
        (try? FileMetadata.of(descriptors.appending(entry.name))).map { ours.contains([$0.device, $0.inode]) } ?? false
      }
    }.sorted()
  }

  /// Refuses to take files away from under a process: a CouchDB that is none of the project's containers, whatever started it.
  static func refuse(in plan: BringBackPlan) throws {
    for part in plan.parts where part.isCouchDBs {
      guard try FileMetadata.ifPresent(FilePath(part.target), followingSymlinks: false)?.kind == .folder,
        let process = try processes(using: FilePath(part.target)).first
      else { continue }
      throw RecoveryError(
        .targetInUse, "process \(process) has files of '\(part.target)' open",
        hints: ["see what it is: ps -fp \(process); stop it, then run the same command again"])
    }
  }

  private static func files(below root: FilePath) throws -> Set<[UInt64]> {
    var open = [root]
    var files: Set<[UInt64]> = []
    while let folder = open.popLast() {
      for entry in try Folder.entries(of: folder) {
        let path = folder.appending(entry.name)
        guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { continue }
        if metadata.kind == .folder { open.append(path) }
        if metadata.kind == .file { files.insert([metadata.device, metadata.inode]) }
      }
    }
    return files
  }
}
