import CLinux
import Glibc
import SystemPackage
import SystemPackage

/// How much of the machine this process claims.
package enum Priority {
  private static let niceness: Int32 = 10

  /// CouchDB comes first: lower priority for CPU and disk, from now on. Without load it costs nothing.
  ///
  /// Linux keeps both for each thread; a new one has those of the thread that starts it.
  ///
  /// - Parameter process: `nil`: this one.
  package static func yieldToOthers(process: Int32? = nil) {
    let folder = FilePath("/proc/\(process.map(String.init) ?? "self")/task")
    let threads = (try? Folder.entries(of: folder))?.compactMap { Int32($0.name.string) } ?? [process ?? 0]
    for thread in threads {
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), UInt32(thread), niceness)
      _ = akiba_lower_disk_priority(thread)
    }
  }
}
