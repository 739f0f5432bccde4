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
    let bytes = stem.utf8
    guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")), let range = HashRange(stem[..<slash]),
      let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > slash
    else { return nil }
    let name = stem[bytes.index(after: slash)..<dot]
    let digits = stem[bytes.index(after: dot)...]
    guard !name.isEmpty, !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    self.init(range: range, database: String(name), suffix: String(stem[dot...]))
  }

  /// `shards/RANGE/NAME.TS.couch`
  package var path: String { text("shards/", ".couch") }

  /// `.shards/RANGE/NAME.TS_design/mrview`: where the view indexes are.
  package var indexFolder: String { text(".shards/", "_design/mrview") }

  /// Made in one go: there are tens of thousands.
  private func text(_ head: StaticString, _ tail: StaticString) -> String {
    let count = head.utf8CodeUnitCount + HashRange.textLength + 1 + database.utf8.count + suffix.utf8.count + tail.utf8CodeUnitCount
    return String(unsafeUninitializedCapacity: count) { buffer in
      var end = head.withUTF8Buffer { buffer.initialize(fromContentsOf: $0) }
      range.write(to: UnsafeMutableBufferPointer(rebasing: buffer[end...]))
      end += HashRange.textLength
      buffer[end] = UInt8(ascii: "/")
      end += 1
      for part in [database.utf8, suffix.utf8] {
        end = UnsafeMutableBufferPointer(rebasing: buffer[end...]).initialize(fromContentsOf: part) + end
      }
      return tail.withUTF8Buffer { UnsafeMutableBufferPointer(rebasing: buffer[end...]).initialize(fromContentsOf: $0) } + end
    }
  }

  package func indexPath(_ signature: String) -> String { "\(indexFolder)/\(signature).view" }
}

/// Taking known ends off a path, by its bytes: a path is no text, and tens of thousands are looked at.
enum Strip {
  static func prefix(_ prefix: String, of text: some StringProtocol) -> Substring? {
    guard text.utf8.starts(with: prefix.utf8) else { return nil }
    return Substring(text[text.utf8.index(text.startIndex, offsetBy: prefix.utf8.count)...])
  }

  static func suffix(_ suffix: String, of text: some StringProtocol) -> Substring? {
    guard text.utf8.count >= suffix.utf8.count, text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return nil }
    return Substring(text[..<text.utf8.index(text.endIndex, offsetBy: -suffix.utf8.count)])
  }
}
