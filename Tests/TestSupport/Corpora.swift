package import Foundation
import Synchronization

/// Data folders that real CouchDB servers wrote: those the project carries, and the larger ones of `../shared/corpora` where that is there.
package enum Corpora {
  package static let packageRoot = URL(filePath: #filePath).appending(path: "../../..").standardized
  private static let places = [packageRoot.appending(path: "Tests/Corpora"), packageRoot.appending(path: "../shared/corpora").standardized]
  private static let unpacked = Mutex<[String: URL]>([:])

  /// Archives of the larger set; whichever of them are on this machine.
  package static let large = ["odd-3.4", "odd-3.5", "small-3.3", "small-3.5", "series-3.5", "cluster-3.5"].filter { archive($0) != nil }
  package static let bundled = ["odd-3.3", "odd-3.5.2"]
  package static let growth = "growth-3.5"

  /// The unpacked folder `NAME/`. Read-only by agreement; unpacked once per test process.
  package static func folder(_ name: String) throws -> URL {
    try unpacked.withLock { folders in
      if let folder = folders[name] { return folder }
      guard let archive = archive(name) else { throw Missing(name: name) }
      // By the archive's age in the name, so that test processes share the work and a new archive is unpacked anew.
      let stamp = try archive.resourceValues(forKeys: [.contentModificationDateKey, .fileSizeKey])
      let key = "\(name)-\(stamp.fileSize ?? 0)-\(Int(stamp.contentModificationDate?.timeIntervalSince1970 ?? 0))"
      let target = FileManager.default.temporaryDirectory.appending(path: "akiba-corpora/\(key)")
      if !FileManager.default.fileExists(atPath: target.path) {
        let partial = target.appendingPathExtension("\(getpid())")
        try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: true)
        let tar = try Program.run("/usr/bin/env", ["tar", "--zstd", "--extract", "--file", archive.path, "--directory", partial.path])
        guard tar.status == 0 else { throw Missing(name: "\(name): \(tar.standardError)") }
        try? FileManager.default.moveItem(at: partial, to: target)
      }
      folders[name] = target.appending(path: name)
      return target.appending(path: name)
    }
  }

  package struct Missing: Error {
    let name: String
  }

  private static func archive(_ name: String) -> URL? {
    places.map { $0.appending(path: "\(name).tar.zst") }.first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
