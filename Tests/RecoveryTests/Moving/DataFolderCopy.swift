import CouchFormat
import Deployments
import Files
import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// A data folder of a real CouchDB, copied for one test.
struct DataFolderCopy {
  private let holder: TemporaryFolder
  let url: URL

  var path: FilePath { FilePath(url.path) }

  /// The unusual in little space, of four versions; whole maps of larger deployments are renamed in `NodeRenamingTests`.
  static let corpora = Corpora.bundled + Corpora.large.filter { $0.hasPrefix("odd") }

  /// - Parameter data: below the corpus' folder.
  init(of corpus: String, data: String = "data") throws {
    holder = try TemporaryFolder()
    url = holder.url.appending(path: "data")
    try FileManager.default.copyItem(at: Corpora.folder(corpus).appending(path: data), to: url)
  }

  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }

  func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url.appending(path: name)) }

  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url.appending(path: name).path) }

  /// Every file by its path, so that two states can be compared.
  func files() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: url.path) {
      let file = url.appending(path: path)
      guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      files[path] = Array(try Data(contentsOf: file))
    }
    return files
  }

  func map() throws -> ShardMap {
    let source = MemoryBytes(try bytes("_dbs.couch"))
    return try ShardMap(source, try #require(try HeaderSearch.newest(in: source)))
  }

  func proof() async throws -> ProofReport {
    try await OfflineProof(of: ProofSubject(dataFolders: [path]), width: 1, progress: ProofProgress()).run()
  }
}
