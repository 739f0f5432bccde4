import CouchFormat
import Primitives

/// Files as large as a production's: the corpus' file, then dead bytes, then its newest header once more.
///
/// The dead bytes are copies of all large files in turn, so that what is alike lies some 10 MB apart: no tool's compression sees two of
/// them at once. A day appends what the day appended to each of them, and the same header again.
enum LargeFiles {
  /// Smaller files stay as they are.
  private static let smallest = 64 << 10
  /// So far apart are the numbers of copies in two files.
  private static let copiesInFile = 1_000_000

  static func grows(_ file: CorpusFile) -> Bool {
    guard file.byteCount > smallest else { return false }
    switch DataFolderEntry(path: file.path) {
    case .shard, .shardIndex: return true
    default: return false
    }
  }

  private static func isIndex(_ file: CorpusFile) -> Bool {
    if case .shardIndex = DataFolderEntry(path: file.path) { true } else { false }
  }

  static func recipes(_ series: inout Series, _ state: SeriesState, copies: Int) throws -> [String: FileRecipe] {
    switch state {
    case .loaded, .compacted: return try whole(series.files(of: state), copies: copies)
    case .appended:
      let before = try series.files(of: .loaded)
      return try appended(series.files(of: state), to: whole(before, copies: copies), before: before, copies: copies)
    case .appendedAgain, .reindexed:
      throw BenchError("shape 'large' has no state \(state.rawValue)", hints: ["it has T0, T1 and T2; shape 'many' has all five"])
    }
  }

  private static func whole(_ files: [String: CorpusFile], copies: Int) throws -> [String: FileRecipe] {
    var recipes = files.mapValues { FileRecipe(parts: [.init($0)]) }
    let growing = files.values.filter(grows).sorted { $0.path < $1.path }
    for (index, file) in growing.enumerated() where copies > 1 {
      let dead = turns(growing, from: index, bytes: (copies - 1) * file.byteCount) { 0..<$0.byteCount }
      recipes[file.path]?.parts += dead + [try newestHeader(of: file)]
    }
    return recipes
  }

  private static func appended(
    _ files: [String: CorpusFile], to whole: [String: FileRecipe], before: [String: CorpusFile], copies: Int
  ) throws -> [String: FileRecipe] {
    var recipes = files.mapValues { FileRecipe(parts: [.init($0)]) }
    guard copies > 1 else { return recipes }
    let kept = before.values.filter { old in grows(old) && files[old.path]?.begins(with: old) == true }
    for old in kept { recipes[old.path] = whole[old.path] }
    // Nor do small indexes advance: one must not be ahead of a shard that did not.
    for old in before.values where isIndex(old) && files[old.path]?.begins(with: old) == true { recipes[old.path] = whole[old.path] }
    let grown = kept.filter { files[$0.path]?.byteCount != $0.byteCount }.sorted { $0.path < $1.path }
    let day = grown.compactMap { files[$0.path] }
    for (index, old) in grown.enumerated() {
      let tail = day[index].byteCount - old.byteCount
      let dead = turns(day, from: index, bytes: copies * tail) { (before[$0.path]?.byteCount ?? 0)..<$0.byteCount }
      recipes[old.path]?.parts += dead + [try newestHeader(of: old)]
    }
    return recipes
  }

  /// Copies of `files` in turn, beginning behind `index`, until there are so many bytes.
  private static func turns(
    _ files: [CorpusFile], from index: Int, bytes wanted: Int, _ range: (CorpusFile) -> Range<Int>
  ) -> [FileRecipe.Part] {
    var parts: [FileRecipe.Part] = []
    var bytes = 0
    while bytes < wanted {
      let file = files[(index + 1 + parts.count) % files.count]
      parts.append(.init(file, range(file), copy: index * copiesInFile + parts.count + 1, startsBlock: true))
      bytes += range(file).count
    }
    return parts
  }

  private static func newestHeader(of file: CorpusFile) throws -> FileRecipe.Part {
    guard let header = try HeaderSearch.newest(in: MemoryBytes(file.bytes)) else {
      throw BenchError("file '\(file.path)' of the corpus has no header")
    }
    return .init(file, header.offset..<header.end, startsBlock: true)
  }
}
