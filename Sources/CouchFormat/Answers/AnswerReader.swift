import Primitives

/// Gathers the lines of one database's answers, shard after shard.
struct AnswerReader {
  private(set) var allDocs = Lines()
  private(set) var leaves = Lines()
  private(set) var locals = Lines()
  private(set) var localsWithPurges = Lines()
  private(set) var bodies = Lines()
  private(set) var attachments = Lines()
  private(set) var conflicts = 0
  private(set) var designs: [DesignDocument] = []

  mutating func read(_ shard: AnswerShard) throws {
    let chunks = shard.file.chunks()
    try shard.file.forEachDocument(chunks) { document in
      try read(document, chunks)
      return true
    }
    for local in try shard.file.localDocuments() {
      let line = [Array(local.idBytes), Array(local.rev.utf8)]
      if !local.isBookkeeping { locals.append(line) }
      if !local.id.hasPrefix("_local/shard-sync-") { localsWithPurges.append(line) }
    }
  }

  private mutating func read(_ document: FullDocument, _ chunks: Chunks) throws {
    let id = Array(document.idBytes)
    let tree = document.tree
    let revs = tree.leaves.map { Array(tree.rev($0).utf8) }.sorted { TermOrder.compareBytes($0[...], $1[...]) < 0 }
    leaves.append([id, Array(revs.joined(separator: [UInt8(ascii: ",")])), [document.isDeleted ? UInt8(ascii: "1") : UInt8(ascii: "0")]])
    if revs.count > 1 { conflicts += 1 }
    if let winner = tree.winner, !document.isDeleted { allDocs.append([id, Array(tree.rev(winner).utf8)]) }
    for leaf in tree.leaves { try read(leaf, of: document, chunks) }
    try readDesign(document, chunks)
  }

  private mutating func read(_ leaf: RevisionTree.Revision, of document: FullDocument, _ chunks: Chunks) throws {
    guard let stored = leaf.stored else { return }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    var writer = JSONWriter(.canonical)
    try DocumentJSON.write(document, leaf, summary, to: &writer)
    bodies.append(writer.output)
    for attachment in summary.attachments {
      var hash = RunningSHA256()
      try AttachmentReader.visitDecoded(attachment, chunks) { hash.update($0) }
      attachments.append([
        Array(document.idBytes), Array(attachment.name.utf8), Array(String(hash.byteCount).utf8), Array(hash.digest.hex.utf8),
      ])
    }
  }

  private mutating func readDesign(_ document: FullDocument, _ chunks: Chunks) throws {
    guard document.idBytes.starts(with: "_design/".utf8), !document.isDeleted, let stored = document.tree.winner?.stored else { return }
    let body = try Summary(try chunks.chunk(at: stored.pointer)).body
    if let design = try? DesignDocument(id: document.id, body: body) { designs.append(design) }
  }

  /// The lines of one view of one index file.
  static func rows(of number: Int, in index: AnswerShard.Index, to lines: inout Lines) throws {
    guard index.header.views.indices.contains(number) else { return }
    var walk = try TreeWalk(Chunks(index.source), root: index.header.views[number].root, kind: .viewRows(isRaw: false))
    while let entry = try walk.next() {
      let row = try ViewRow(entry)
      for value in row.values {
        var writer = JSONWriter(.canonical)
        writer.beginArray()
        writer.string(entry.bytes[row.documentID])
        try writer.term(row.key)
        try writer.term(value)
        writer.endArray()
        lines.append(writer.output)
      }
    }
  }
}
