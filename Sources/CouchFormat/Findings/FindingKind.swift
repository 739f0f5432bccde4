/// What a check found, as a stable code for machines.
///
/// An open set: other modules add theirs in extensions. `docs/couch-files.md` says what each means and what to do.
package struct FindingKind: RawRepresentable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  private init(_ code: String) { rawValue = code }
}

/// Codes about one file.
extension FindingKind {
  package static let headerMissing = Self("header-missing")
  package static let headerUnexpected = Self("header-unexpected")
  package static let headerUnknown = Self("header-unknown")
  package static let checksumMismatch = Self("checksum-mismatch")
  package static let blockPrefix = Self("block-prefix")
  package static let unreadable = Self("unreadable")
  package static let nodeUndecodable = Self("node-undecodable")
  package static let keyOrder = Self("key-order")
  package static let childAfterParent = Self("child-after-parent")
  package static let subtreeSize = Self("subtree-size")
  package static let reduction = Self("reduction")
  package static let treeTooLarge = Self("tree-too-large")
  package static let idSeqMismatch = Self("id-seq-mismatch")
  package static let documentUndecodable = Self("document-undecodable")
  package static let summaryChecksum = Self("summary-checksum")
  package static let summaryUndecodable = Self("summary-undecodable")
  package static let attachmentMD5 = Self("attachment-md5")
  package static let attachmentLength = Self("attachment-length")
  package static let securityUnreadable = Self("security-unreadable")
  package static let propsUnreadable = Self("props-unreadable")
  package static let purgeTreesDiffer = Self("purge-trees-differ")
  package static let updateSeqTooSmall = Self("update-seq-too-small")
  package static let documentOutsideRange = Self("document-outside-range")
  package static let trailingBytes = Self("trailing-bytes")
  package static let viewSignature = Self("view-signature")
  package static let viewRowCount = Self("view-row-count")
  package static let viewRows = Self("view-rows")
}

/// Codes about files that belong together; the callers of this module find these.
extension FindingKind {
  package static let viewAhead = Self("view-ahead")
  package static let shardMissing = Self("shard-missing")
  package static let shardOrphan = Self("shard-orphan")
  package static let mapIncomplete = Self("map-incomplete")
  package static let mapInconsistent = Self("map-inconsistent")
  package static let foreignNode = Self("foreign-node")
  package static let compactionLeftover = Self("compaction-leftover")
  package static let foreignFile = Self("foreign-file")
  package static let indexLeftOut = Self("index-left-out")
  package static let shardWentBack = Self("shard-went-back")
  package static let shardBecameEmpty = Self("shard-became-empty")
  package static let fileDiffers = Self("file-differs")
  package static let fileMissing = Self("file-missing")
  package static let fileUnexpected = Self("file-unexpected")
  package static let countDiffers = Self("count-differs")
}
