package import Primitives

/// What a CouchDB would answer about one database, recomputed from its shard files alone.
///
/// Hashes are SHA-256 over sorted lines, as `docs/couch-files.md` describes them: equal here and from a server means every
/// id, revision, body, attachment and row is there.
package struct DatabaseAnswers: Hashable, Sendable {
  package var docCount = 0
  package var deletedCount = 0
  /// The number before the dash of `update_seq`: the sum over the shards.
  package var updateSeq = 0
  /// `id TAB rev` of every live document's winner.
  package var allDocs = Answer()
  /// `id TAB revs TAB deleted` of every document, all leaves of it.
  package var leaves = Answer()
  /// Documents with more than one leaf.
  package var conflicts = 0
  /// `id TAB rev` of local documents, without what shards keep for themselves: as 3.4 and later list them.
  package var locals = Answer()
  /// The same with `_local/purge-…`, once for each shard that has it: as 3.3 and older list them.
  package var localsWithPurges = Answer()
  /// Of the security object in canonical form.
  package var security: ContentID
  /// Canonical JSON of every leaf.
  package var bodies = Answer()
  /// `id TAB name TAB length TAB sha256` of every attachment of every leaf, decoded.
  package var attachments = Answer()
  /// `ddoc/view` → canonical `[id, key, value]` of every row. Mango indexes are left out.
  package var views: [String: View] = [:]

  package struct Answer: Hashable, Sendable {
    package var count: Int
    package var sha256: ContentID

    init(_ lines: Lines = Lines()) {
      count = lines.count
      sha256 = lines.sha256
    }
  }

  package struct View: Hashable, Sendable {
    package var rows: Answer
    /// Every shard has this index, and it is as new as its shard. A server would first bring others up to date.
    package var isComplete: Bool
  }

  /// - Parameter shards: All shards of one database, in any order, each range once.
  package init(_ shards: [AnswerShard]) throws {
    var reader = AnswerReader()
    security = ContentID(hashing: Array("{}".utf8))
    for (index, shard) in shards.enumerated() {
      try reader.read(shard)
      docCount += shard.file.header.docCount
      deletedCount += shard.file.header.deletedCount
      updateSeq += shard.file.header.updateSeq
      if index == 0 { security = ContentID(hashing: try shard.file.security(.canonical, shard.file.chunks())) }
    }
    allDocs = Answer(reader.allDocs)
    leaves = Answer(reader.leaves)
    conflicts = reader.conflicts
    locals = Answer(reader.locals)
    localsWithPurges = Answer(reader.localsWithPurges)
    bodies = Answer(reader.bodies)
    attachments = Answer(reader.attachments)
    for design in reader.designs where design.language != "query" { try add(design, shards) }
  }

  private mutating func add(_ design: DesignDocument, _ shards: [AnswerShard]) throws {
    for (name, number) in design.views {
      var rows = Lines()
      var isComplete = true
      for shard in shards {
        guard let index = shard.indexes[design.signature] ?? shard.indexes[design.oldSignature] else {
          isComplete = false
          continue
        }
        isComplete = isComplete && index.header.updateSeq == shard.file.header.updateSeq
        try AnswerReader.rows(of: number, in: index, to: &rows)
      }
      views["\(design.id.dropFirst("_design/".count))/\(name)"] = View(rows: Answer(rows), isComplete: isComplete)
    }
  }
}
