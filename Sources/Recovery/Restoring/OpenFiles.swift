import Files
import SystemPackage

/// Which processes have files of a folder open: a running CouchDB must not lose its files under its feet.
enum OpenFiles {
  /// - Returns: process ids; only those this user may look at.
  static func processes(using folder: FilePath) -> [Int] {
    guard let real = try? folder.resolved(), let processes = try? Folder.entries(of: "/proc") else { return [] }
    return processes.compactMap { Int($0.name.string) }.filter { process in
      let descriptors = FilePath("/proc/\(process)/fd")
      return ((try? Folder.entries(of: descriptors)) ?? []).contains { entry in
        guard let target = try? descriptors.appending(entry.name).symlinkTarget() else { return false }
        return FilePath(String(decoding: target, as: UTF8.self)).starts(with: real)
      }
    }.sorted()
  }
}
