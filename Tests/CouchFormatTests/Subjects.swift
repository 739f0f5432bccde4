import CouchFormat
import Foundation
import Primitives
import TestSupport
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

/// The corpora at hand, as states of deployments.
enum Subjects {
  static let all: [Corpus] = odd + large
  /// The unusual in little space; two of them always there.
  static let odd: [Corpus] = (Corpora.bundled + Corpora.large.filter { $0.hasPrefix("odd") }).sorted().compactMap { single($0) }
  /// Whole deployments, only where `../shared/corpora` is.
  static let large: [Corpus] = Corpora.large.flatMap { name -> [Corpus] in
    guard let folder = try? Corpora.folder(name) else { return [] }
    switch name {
    case "series-3.5":
      return (0...4).map { state in
        let state = folder.appending(path: "T\(state)")
        return Corpus(name: "\(name)/\(state.lastPathComponent)", folder: state, dataFolders: [state.appending(path: "data")])
      }
    case "cluster-3.5":
      return [Corpus(name: name, folder: folder, dataFolders: ["srv1", "srv2", "srv3"].map { folder.appending(path: "data/\($0)") })]
    default: return name.hasPrefix("odd") ? [] : [single(name)].compactMap { $0 }
    }
  }

  private static func single(_ name: String) -> Corpus? {
    guard let folder = try? Corpora.folder(name) else { return nil }
    return Corpus(name: name, folder: folder, dataFolders: [folder.appending(path: "data")])
  }
}
