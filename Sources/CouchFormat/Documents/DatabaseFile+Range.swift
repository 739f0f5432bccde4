/// Looking up documents by their ids.
extension DatabaseFile {
  /// The live documents whose ids are `from` or behind it and before `to`, read without walking the rest of the tree.
  ///
  /// Ids are ordered by their bytes, which Swift's strings are not.
  package func documents(from: String, to: String, _ chunks: Chunks) throws -> [FullDocument] {
    var range = try TreeRange(chunks, root: header.byID, from: Array(from.utf8), to: Array(to.utf8))
    var documents: [FullDocument] = []
    while let entry = try range.next() {
      let document = try FullDocument(entry, in: .byID)
      if !document.isDeleted { documents.append(document) }
    }
    return documents
  }

  /// The live documents whose ids begin with `prefix`.
  ///
  /// - Parameter prefix: ends in an ASCII character below `DEL`, as `credential:` does.
  package func documents(prefix: String, _ chunks: Chunks) throws -> [FullDocument] {
    var end = Array(prefix.utf8)
    guard let last = end.popLast(), last < 0x7f else { return [] }
    return try documents(from: prefix, to: String(decoding: end + [last + 1], as: UTF8.self), chunks)
  }

  /// The winning revision's JSON in canonical form, `_id` and `_rev` included; `nil` if its body is not here.
  package func json(of document: FullDocument, _ chunks: Chunks) throws -> [UInt8]? {
    guard let winner = document.tree.winner, let stored = winner.stored else { return nil }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    var writer = JSONWriter(.canonical)
    try DocumentJSON.write(document, winner, summary, to: &writer)
    return writer.output
  }
}
