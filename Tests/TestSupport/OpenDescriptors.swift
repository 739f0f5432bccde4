import Foundation

/// What this process has open.
package enum OpenDescriptors {
  /// How many files below a folder.
  package static func count(below folder: String) -> Int {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return numbers.count { number in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)"))?.hasPrefix(folder + "/") == true
    }
  }
}
