import Foundation
import TestSupport
import Testing

/// Exporting, and looking at what came of it.
extension TestDeployment {
  var exported: URL { folder.url.appending(path: "export") }
  var exportedData: URL { exported.appending(path: "couchdb/couchdb@127.0.0.1/data") }

  /// Runs an export that has to end so.
  ///
  /// - Returns: its `export` event.
  @discardableResult
  func export(_ arguments: [String] = [], status: Int32 = 0) throws -> [String: Any] {
    let output = try akiba(["export", "--json", "--to", exported.path] + arguments)
    try #require(output.status == status, "akiba export ended with \(output.status): \(output.standardError)")
    return try output.objects().last { $0["type"] as? String == "export" } ?? [:]
  }

  func expectProven(_ tree: URL, _ message: String = "", location: SourceLocation = #_sourceLocation) throws {
    let proof = try akiba(["verify", "--restored", tree.path])
    #expect(proof.status == 0, "\(message) \(proof.standardError)", sourceLocation: location)
    #expect(try listsNoUnfinishedFile(below: tree), "\(message)", sourceLocation: location)
  }

  /// With credentials, an `.env`, and a folder of odd names beside the data.
  static func withFiles(_ day: String = "day1") throws -> TestDeployment {
    let deployment = try TestDeployment.growth(day)
    let outside = deployment.outside
    let odd = "extra/ü e\u{301}/\(String(repeating: "n", count: 250))"
    let files = [
      ("local.d/docker.ini", Data(PlantedSecrets.ini.utf8)), ("upgrade/.env", Data(PlantedSecrets.env.utf8)),
      ("extra/key.pem", Data("key\n".utf8)), (odd, Data(repeating: 9, count: 3_000_001)),
    ]
    for (path, bytes) in files {
      let file = outside.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try bytes.write(to: file)
    }
    try FileManager.default.createSymbolicLink(atPath: outside.path + "/extra/link", withDestinationPath: "/nowhere")
    try deployment.editConfiguration { text in
      text.replacing("extra: []", with: "extra: [\(outside.path)/extra]")
        .replacing("  # upgrade-service: FOLDER", with: "  upgrade-service: \(outside.path)/upgrade")
        .replacing("    # local-d: /var/lib/docker/volumes/cht_cht-credentials/_data", with: "    local-d: \(outside.path)/local.d")
    }
    return deployment
  }

  var outside: URL { folder.url.appending(path: "outside") }
}

/// What file systems say of every file below a folder.
struct TreeStamps {
  struct Stamp: Equatable {
    let inode: UInt64
    let size: Int
    let modified: timespec
    let changed: timespec

    static func == (left: Self, right: Self) -> Bool {
      left.inode == right.inode && left.size == right.size && left.changed.tv_sec == right.changed.tv_sec
        && left.changed.tv_nsec == right.changed.tv_nsec && left.modified.tv_sec == right.modified.tv_sec
        && left.modified.tv_nsec == right.modified.tv_nsec
    }
  }

  private(set) var files: [String: Stamp] = [:]

  /// What the export writes about itself is left out.
  init(of folder: URL) throws {
    for path in try folder.filesBelow() where !path.hasPrefix("akiba/") && !path.hasPrefix(".akiba") {
      var status = stat()
      guard lstat(folder.appending(path: path).path, &status) == 0 else { throw POSIXError(.ENOENT) }
      files[path] = Stamp(inode: UInt64(status.st_ino), size: Int(status.st_size), modified: status.st_mtim, changed: status.st_ctim)
    }
  }
}
