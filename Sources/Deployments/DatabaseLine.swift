/// One database's line of a manifest, by hand as `FileLine`: where each user has a database there are tens of thousands.
enum DatabaseLine {
  /// Appends a database's line, without a line end.
  ///
  /// - Returns: `false` if its name needs escapes; then nothing was appended.
  static func append(_ database: Manifest.Database, to text: inout [UInt8]) -> Bool {
    var line = LineWriter(appendingTo: &text)
    line.number("deleted", database.deleted)
    line.number("documents", database.documents)
    line.number("n", database.n)
    line.text("name", database.name)
    line.number("q", database.q)
    line.number("shards", database.shards)
    line.number("update_seq", database.updateSeq)
    return line.finish(&text)
  }

  /// - Returns: `nil` if it is not of the shape that `append` writes.
  static func database(_ line: ArraySlice<UInt8>) -> Manifest.Database? {
    line.withUnsafeBufferPointer { bytes in
      var line = LineReader(bytes)
      guard line.takes("{"), let deleted = line.number("\"deleted\":"), let documents = line.number(",\"documents\":"),
        let n = line.number(",\"n\":"), let name = line.text(",\"name\":\""), let q = line.number(",\"q\":"),
        let shards = line.number(",\"shards\":"), let updateSeq = line.number(",\"update_seq\":"), line.takes("}"), line.isAtEnd
      else { return nil }
      return Manifest.Database(name: name, q: q, n: n, shards: shards, documents: documents, deleted: deleted, updateSeq: updateSeq)
    }
  }
}
