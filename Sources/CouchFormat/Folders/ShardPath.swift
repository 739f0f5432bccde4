/// Where a shard and its indexes lie below a data folder.
///
/// A database's name is its path as it is: its slashes are folders.
package struct ShardPath: Hashable, Sendable {
  package let range: HashRange
  package let database: String
  /// A dot and the second the database was created in: `.1718000000`.
  package let suffix: String

  package init(range: HashRange, database: String, suffix: String) {
    self.range = range
    self.database = database
    self.suffix = suffix
  }

  /// - Parameter path: `shards/RANGE/NAME.TS.couch`.
  package init?(_ path: some StringProtocol) {
    guard let rest = Strip.prefix("shards/", of: path), let stem = Strip.suffix(".couch", of: rest) else { return nil }
    self.init(stem: stem)
  }

  /// - Parameter stem: `RANGE/NAME.TS`.
  init?(stem: Substring) {
    guard let slash = stem.firstIndex(of: "/"), let range = HashRange(stem[..<slash]), let dot = stem.lastIndex(of: "."), dot > slash else {
      return nil
    }
    let name = stem[stem.index(after: slash)..<dot]
    let digits = stem[stem.index(after: dot)...]
    guard !name.isEmpty, !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    self.init(range: range, database: String(name), suffix: String(stem[dot...]))
  }

  /// `shards/RANGE/NAME.TS.couch`
  package var path: String { "shards/\(range)/\(database)\(suffix).couch" }

  /// `.shards/RANGE/NAME.TS_design/mrview`: where the view indexes are.
  package var indexFolder: String { ".shards/\(range)/\(database)\(suffix)_design/mrview" }

  package func indexPath(_ signature: String) -> String { "\(indexFolder)/\(signature).view" }
}

/// Taking known ends off a path.
enum Strip {
  static func prefix(_ prefix: String, of text: some StringProtocol) -> Substring? {
    text.hasPrefix(prefix) ? Substring(text.dropFirst(prefix.count)) : nil
  }

  static func suffix(_ suffix: String, of text: some StringProtocol) -> Substring? {
    text.hasSuffix(suffix) ? Substring(text.dropLast(suffix.count)) : nil
  }
}
