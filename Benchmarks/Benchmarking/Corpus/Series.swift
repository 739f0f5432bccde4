import Files
import Foundation
package import SystemPackage

/// An unpacked corpus: one deployment of a real CouchDB at several moments.
package struct Series {
  /// As in the archive's name.
  package let name: String
  package let states: [SeriesState]
  private let dataFolders: [SeriesState: FilePath]
  private let folder: FilePath
  private var loaded: [SeriesState: [String: CorpusFile]] = [:]

  /// - Parameter archive: `NAME.tar.zst` with `NAME/T0/data` …, or with `NAME/day1` … as in the corpus that the project carries.
  /// - Parameter scratch: a folder to unpack into.
  package init(unpacking archive: FilePath, into scratch: FilePath) throws {
    try Folder.make(scratch)
    let tar = try ChildProgram(["tar", "--zstd", "--extract", "--file", archive.string, "--directory", scratch.string]).run()
    guard tar.exit == 0 else {
      throw BenchError(
        "corpus '\(archive)' cannot be unpacked: \(tar.lastWords)",
        hints: ["is it a 'tar.zst' of the test corpora? name another with --series", "tar and zstd have to be installed"])
    }
    guard let top = try Folder.entries(of: scratch).first(where: { $0.kind == .folder }) else {
      throw BenchError("corpus '\(archive)' is empty")
    }
    try self.init(folder: scratch.appending(top.name))
  }

  private init(folder: FilePath) throws {
    self.folder = folder
    name = folder.lastComponent?.string ?? "corpus"
    var dataFolders: [SeriesState: FilePath] = [:]
    for (state, day) in zip(SeriesState.allCases, 1...) {
      for candidate in [folder.appending(state.rawValue).appending("data"), folder.appending("day\(day)")]
      where try FileMetadata.ifPresent(candidate)?.kind == .folder {
        dataFolders[state] = candidate
      }
    }
    guard dataFolders[.loaded] != nil else {
      throw BenchError("corpus '\(name)' is no series: it has neither 'T0/data' nor 'day1'", hints: ["use series-3.5 or growth-3.5"])
    }
    self.dataFolders = dataFolders
    states = dataFolders.keys.sorted()
  }

  /// Every file of a state by its path below the data folder. What did not change since another state is the same object.
  package mutating func files(of state: SeriesState) throws -> [String: CorpusFile] {
    if let files = loaded[state] { return files }
    guard let root = dataFolders[state] else {
      throw BenchError(
        "corpus '\(name)' has no state \(state.rawValue)",
        hints: ["it has \(states.map(\.rawValue).joined(separator: ", "))", "series-3.5 has all five: name it with --series"])
    }
    var files: [String: CorpusFile] = [:]
    for path in try FileTree.files(below: root).keys {
      let bytes = try [UInt8](Data(contentsOf: URL(filePath: root.string).appending(path: path)))
      let file = CorpusFile(path: path, bytes: bytes)
      files[path] = loaded.values.lazy.compactMap { $0[path] }.first { $0.isEqual(to: file) } ?? file
    }
    loaded[state] = files
    return files
  }

  /// Files that CouchDB truncated and wrote anew in place on the way to this state: `reset.tsv`, path and size before.
  func resets(of state: SeriesState) throws -> Set<String> {
    let list = folder.appending("reset.tsv")
    guard state == .reindexed, try FileMetadata.ifPresent(list) != nil else { return [] }
    let lines = try String(contentsOfFile: list.string, encoding: .utf8).split(separator: "\n")
    return Set(lines.compactMap { $0.split(separator: "\t").first.map(String.init) })
  }
}
