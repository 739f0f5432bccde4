/// What proving one file gave.
package struct FileProof: Sendable {
  /// The first ones; their `file` and `database` are for the caller to fill in.
  package var findings: [Finding]
  /// All of them, also those beyond the limit.
  package var findingCount: Int
  package var errorCount: Int
  package var counts: Counts
  package var updateSeq: Int
  package var purgeSeq: Int
  /// `nil` for views.
  package var uuid: String?

  package var isClean: Bool { errorCount == 0 }

  /// What was looked at, for reports: a proof that looked at nothing proves nothing.
  package struct Counts: Hashable, Sendable {
    package var documents = 0
    package var deleted = 0
    package var leaves = 0
    /// Bodies of all revisions that are kept, checked against their checksum and decoded.
    package var bodies = 0
    package var bodiesByChecksum: [ChecksumKind: Int] = [:]
    package var attachments = 0
    package var attachmentBytes = 0
    package var nodes = 0
    package var localDocuments = 0
    package var purges = 0
    package var rows = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
      var sum = left
      sum.documents += right.documents
      sum.deleted += right.deleted
      sum.leaves += right.leaves
      sum.bodies += right.bodies
      sum.bodiesByChecksum.merge(right.bodiesByChecksum, uniquingKeysWith: +)
      sum.attachments += right.attachments
      sum.attachmentBytes += right.attachmentBytes
      sum.nodes += right.nodes
      sum.localDocuments += right.localDocuments
      sum.purges += right.purges
      sum.rows += right.rows
      return sum
    }
  }

  init(_ log: FindingLog, _ counts: Counts, updateSeq: Int, purgeSeq: Int, uuid: String?) {
    findings = log.findings
    findingCount = log.total
    errorCount = log.errors
    self.counts = counts
    self.updateSeq = updateSeq
    self.purgeSeq = purgeSeq
    self.uuid = uuid
  }
}
