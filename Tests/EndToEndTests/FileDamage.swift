import Foundation
import TestSupport

/// What disks, crashes and people do to files.
extension URL {
  /// Changes one bit, so that the byte is another in any case.
  func flipBit(at offset: Int, bit: Int = 0) throws {
    let handle = try FileHandle(forUpdating: self)
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(offset))
    guard let byte = try handle.read(upToCount: 1)?.first else { throw POSIXError(.EINVAL) }
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data([byte ^ (1 << UInt8(bit & 7))]))
  }

  func cut(to size: Int) throws {
    guard truncate(path, size) == 0 else { throw POSIXError(.EINVAL) }
  }

  func byteCount() throws -> Int {
    (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue ?? 0
  }

  /// Permission bits of a file or folder.
  func permissions() throws -> Int {
    (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? 0
  }

  /// Regular files below a folder, relative and sorted.
  func filesBelow() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: appending(path: name).path, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }

  func entries() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] }

  /// The shard of a database that holds the start of the hash space, or the one that holds `part` of its name.
  func shard(of database: String, in part: String = "/00000000-") throws -> URL {
    let names = try filesBelow().filter {
      $0.hasPrefix("shards/") && $0.contains(part) && $0.contains("/\(database).") && $0.hasSuffix(".couch")
    }
    guard let name = names.first else { throw POSIXError(.ENOENT) }
    return appending(path: name)
  }

  /// The path below `folder`.
  func path(below folder: URL) -> String { String(path.dropFirst(folder.path.count + 1)) }
}

extension Program.Output {
  /// `finding` events of `--json` output.
  func findings() throws -> [[String: Any]] { try objects().filter { $0["type"] as? String == "finding" } }

  func kinds(of file: String) throws -> Set<String> {
    Set(try findings().filter { $0["file"] as? String == file }.compactMap { $0["kind"] as? String })
  }

  /// - Parameter end: how the file's path ends.
  func finds(_ kind: String, in end: String) throws -> Bool {
    try findings().contains { $0["kind"] as? String == kind && ($0["file"] as? String)?.hasSuffix(end) == true }
  }

  func filesWithFindings() throws -> Set<String> { Set(try findings().compactMap { $0["file"] as? String }) }

  /// The `error` event of `--json` output.
  func errorEvent() throws -> [String: Any]? { try objects().last { $0["type"] as? String == "error" } }

  /// A program killed by a signal ends, behind a shell, with 128 and the signal; locked is 11, and so is a segmentation fault without.
  var hasDocumentedStatus: Bool { [0, 1, 3, 10, 11, 12, 64, 130].contains(status) }
}

extension TestDeployment {
  /// Runs akiba behind a shell, so that a trap cannot be taken for an exit code.
  func shieldedAkiba(_ arguments: [String]) throws -> Program.Output { try startShielded(arguments).wait() }

  func startShielded(_ arguments: [String]) throws -> Program.Running {
    try Program.start(
      "/bin/sh", ["-c", "\"$0\" \"$@\"; exit $?", try Akiba.executable()] + arguments, environment: ["AKIBA_CONFIG": configuration])
  }

  var repository: URL { URL(filePath: repositories[0]) }

  /// Names of the lock files that a repository holds. What a kill in the middle of writing one leaves is none: nobody takes it for a lock,
  /// and it goes when it is old.
  func locks(repository index: Int = 0) -> [String] {
    URL(filePath: repositories[index]).appending(path: "locks").entries().filter { !$0.hasSuffix(".akiba-part") }
  }

  /// Waits, a millisecond at a time, for something another process does.
  func wait(atMost seconds: Double = 20, until condition: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      if try condition() { return true }
      usleep(1000)
    }
    return false
  }

  /// Everything that a snapshot holds of CouchDB's, by path below the data folder.
  func storedPaths(_ snapshot: String = "latest") throws -> [String] {
    try akiba(["restore", snapshot, "--dry-run", "--json"]).objects().compactMap { $0["path"] as? String }
  }
}
