import CouchFormat
import Primitives

/// All files of a generated data folder in one state: path below it → recipe.
package struct FolderPlan {
  private(set) var files: [String: FileRecipe]

  /// How much of the corpus' deployment a folder has; the same in all states.
  ///
  /// - Parameter size: wanted bytes of the first state.
  /// - Parameter fileCount: wanted files of shape `users`, in place of a size.
  package static func copies(of series: inout Series, _ shape: Shape, size: Int, fileCount: Int) throws -> Int {
    let files = try series.files(of: .loaded)
    switch shape {
    case .many: return max(1, nearest(size, files.values.reduce(0) { $0 + $1.byteCount }))
    case .large:
      let growing = files.values.filter(LargeFiles.grows).reduce(0) { $0 + $1.byteCount }
      let others = files.values.reduce(0) { $0 + $1.byteCount } - growing
      return max(1, nearest(size - others, growing))
    case .users:
      let names = files.keys.compactMap(CopyNaming.database(ofShard:))
      let shards = names.count { $0 == CopyNaming.userDatabase }
      guard shards > 0 else { throw BenchError("corpus '\(series.name)' has no database '\(CopyNaming.userDatabase)'") }
      return max(1, nearest(fileCount - names.count { CopyNaming.oneOfAKind.contains($0) } - 2, shards))
    }
  }

  package init(_ series: inout Series, _ shape: Shape, _ state: SeriesState, copies: Int) throws {
    switch shape {
    case .large: files = try LargeFiles.recipes(&series, state, copies: copies)
    case .many, .users: files = try Self.copied(&series, state, CopyNaming(shape: shape, copies: copies))
    }
  }

  package var byteCount: Int { files.values.reduce(0) { $0 + $1.byteCount } }

  private static func nearest(_ wanted: Int, _ unit: Int) -> Int { unit == 0 ? 1 : (wanted + unit / 2) / unit }

  private static func copied(_ series: inout Series, _ state: SeriesState, _ naming: CopyNaming) throws -> [String: FileRecipe] {
    let resets = try series.resets(of: state)
    var recipes: [String: FileRecipe] = [:]
    for (path, file) in try series.files(of: state) {
      if DataFolderEntry(path: path) == .shardMap {
        recipes[path] = FileRecipe(parts: [.init(CorpusFile(path: path, bytes: try CopiedMap.bytes(of: file, naming)))])
        continue
      }
      for (copy, path) in naming.paths(of: path).enumerated() {
        recipes[path] = FileRecipe(parts: [.init(file, copy: copy)], isReset: resets.contains(file.path))
      }
    }
    return recipes
  }
}
