import CouchFormat
import Foundation
import Primitives
import Testing

/// One state of a deployment out of a corpus: its data folders, and what CouchDB said about it.
struct Corpus: CustomTestStringConvertible, Sendable {
  let name: String
  let folder: URL
  /// One, or one for each node of a cluster.
  let dataFolders: [URL]

  var testDescription: String { name }

  func json(_ file: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: file))) as? [String: Any])
  }

  func lines(_ file: String) throws -> [Substring] {
    try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n")
  }

  func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: file).path) }

  /// Every file below the data folders, by its path there. On a cluster, `_dbs` and `_nodes` are those of the last node.
  func files() throws -> [String: MemoryBytes] {
    var files: [String: MemoryBytes] = [:]
    for folder in dataFolders {
      for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
        let url = folder.appending(path: path)
        guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
        files[path] = MemoryBytes(Array(try Data(contentsOf: url)))
      }
    }
    return files
  }

  /// The shards of every live database, with their indexes.
  func shards(in files: [String: MemoryBytes]) throws -> [String: [AnswerShard]] {
    let source = try #require(files["_dbs.couch"])
    let map = try ShardMap(source, try #require(try HeaderSearch.newest(in: source)))
    var shards: [String: [AnswerShard]] = [:]
    for entry in map.live {
      shards[entry.database] = try entry.ranges.map { range in
        let path = entry.shardPath(range)
        let file = try #require(files[path.path], "\(path.path)")
        let header = try #require(try HeaderSearch.newest(in: file))
        return AnswerShard(file: try DatabaseFile(file, header), indexes: try indexes(of: path, in: files))
      }
    }
    return shards
  }

  private func indexes(of path: ShardPath, in files: [String: MemoryBytes]) throws -> [String: AnswerShard.Index] {
    var indexes: [String: AnswerShard.Index] = [:]
    for (name, source) in files {
      guard case .shardIndex(path, let signature) = DataFolderEntry(path: name) else { continue }
      guard let header = try HeaderSearch.newest(in: source)?.view else { continue }
      indexes[signature] = AnswerShard.Index(source: source, header: header)
    }
    return indexes
  }
}

/// The corpora at hand, unpacked once for a run of the tests.
enum Corpora {
  static let package = URL(filePath: #filePath).appending(path: "../../..").standardized

  static let all: [Corpus] = odd + large
  /// The unusual in little space; two of them always there.
  static let odd: [Corpus] = {
    let names = Set(["odd-3.3", "odd-3.5.2"] + ["odd-3.4", "odd-3.5"].filter { archive($0) != nil }).sorted()
    return names.map { name in Corpus(name: name, folder: unpacked(name), dataFolders: [unpacked(name).appending(path: "data")]) }
  }()
  /// Whole deployments, only where `../shared/corpora` is.
  static let large: [Corpus] = {
    var corpora: [Corpus] = []
    for name in ["small-3.3", "small-3.5"] where archive(name) != nil {
      corpora.append(Corpus(name: name, folder: unpacked(name), dataFolders: [unpacked(name).appending(path: "data")]))
    }
    if archive("series-3.5") != nil {
      for state in ["T0", "T1", "T2", "T3", "T4"] {
        let folder = unpacked("series-3.5").appending(path: state)
        corpora.append(Corpus(name: "series-3.5/\(state)", folder: folder, dataFolders: [folder.appending(path: "data")]))
      }
    }
    if archive("cluster-3.5") != nil {
      let folder = unpacked("cluster-3.5")
      let nodes = ["srv1", "srv2", "srv3"].map { folder.appending(path: "data/\($0)") }
      corpora.append(Corpus(name: "cluster-3.5", folder: folder, dataFolders: nodes))
    }
    return corpora
  }()

  private static func archive(_ name: String) -> URL? {
    [package.appending(path: "Tests/Corpora/\(name).tar.zst"), package.appending(path: "../shared/corpora/\(name).tar.zst").standardized]
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// Removed again when the process ends.
  private static let temporary: URL = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "akiba-corpora-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(at: Corpora.temporary) }
    return folder
  }()

  private static func unpacked(_ name: String) -> URL {
    let folder = temporary.appending(path: name)
    guard !FileManager.default.fileExists(atPath: folder.path), let archive = archive(name) else { return folder }
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    tar.arguments = ["tar", "--zstd", "--exclude=data-hot", "-xf", archive.path, "-C", temporary.path]
    try? tar.run()
    tar.waitUntilExit()
    return folder
  }
}
