import CouchFormat
package import Deployments
import Files
package import Primitives
import SystemPackage

/// One CouchDB file as it was at the freeze: everything up to the end of its newest valid header.
///
/// A class, because it is large and handed around by tens of thousands.
final class FrozenFile: Sendable {
  /// Path below the data folder.
  let path: String
  let entry: DataFolderEntry
  let metadata: FileMetadata
  /// What the header said.
  let facts: HeaderFacts
  /// The end of that header: the size of the file in the snapshot.
  var end: Int { facts.end }
  let source: Source
  /// What the last snapshot knows of this file, if its bytes may be the beginning of this one.
  let remembered: RememberedFile?
  /// It is the same file, grown at most: `[0, remembered.record.size)` is stored and need not be read again.
  let isSameFile: Bool

  init(
    path: String, entry: DataFolderEntry, metadata: FileMetadata, facts: HeaderFacts, source: Source, remembered: RememberedFile?,
    isSameFile: Bool
  ) {
    self.path = path
    self.entry = entry
    self.metadata = metadata
    self.facts = facts
    self.source = source
    self.remembered = remembered
    self.isSameFile = isSameFile
  }

  /// Nothing that happens to its name matters any more.
  var isHeld: Bool {
    switch source {
    case .held, .memory: true
    case .unchanged, .reopened: false
    }
  }

  enum Source: Sendable {
    /// The last snapshot has all of it: nothing to read.
    case unchanged
    case held(HeldFile)
    /// Read whole in the freeze, because descriptors are short.
    case memory(MemoryBytes)
    /// Opened again when its turn comes, because descriptors are short; the header says whether it is still the same file.
    case reopened(FilePath)
  }
}

/// What tells one generation of a file from another: the inode it is in, its newest header, and of an index the bytes before it.
///
/// The header alone is not enough. A compacted index can end in the same header as the one it replaces and differ before it; seen
/// with CouchDB 3.5.0. And an index, other than a database, can be emptied and built again in the same inode: the block before
/// its header holds the nodes written last.
struct Fingerprint: Equatable, Sendable {
  /// Bytes before an index's header that count.
  private static let indexReach = 4096

  let tail: ContentID
  let identity: String

  init(of file: HeldFile, header: Int, end: Int, isIndex: Bool) throws {
    tail = try Self.tail(of: file, header: header, end: end, isIndex: isIndex)
    identity = file.identity.text
  }

  init(_ record: CouchRecord) { self.init(tail: record.tailSHA256, identity: record.identity) }

  init(tail: ContentID, identity: String) {
    self.tail = tail
    self.identity = identity
  }

  /// A file system that tells no inode tells no file from another.
  static func == (left: Self, right: Self) -> Bool {
    left.tail == right.tail && left.identity == right.identity && !left.identity.isEmpty
  }

  static func tail(of source: any RandomAccess, header: Int, end: Int, isIndex: Bool) throws -> ContentID {
    let start = isIndex ? max(0, header - indexReach) : header
    return ContentID(hashing: try source.bytes(at: start, count: end - start))
  }
}

/// What a header says that a manifest keeps.
struct HeaderFacts: Sendable {
  let offset: Int
  let end: Int
  let tail: ContentID
  let identity: String
  let checksum: String
  let kind: CouchRecord.Kind
  let updateSeq: Int
  let purgeSeq: Int
  var uuid: String?
  var documents: Int?
  var deleted: Int?
  var diskVersion: Int?

  /// - Parameter purgeSeq: the newest purge of a database; a view's header has its own.
  init(_ header: FoundHeader, _ fingerprint: Fingerprint, database: DatabaseHeader, purgeSeq: Int) {
    offset = header.offset
    end = header.end
    tail = fingerprint.tail
    identity = fingerprint.identity
    checksum = header.checksum.rawValue
    kind = .database
    updateSeq = database.updateSeq
    self.purgeSeq = purgeSeq
    uuid = database.uuid
    documents = database.docCount
    deleted = database.deletedCount
    diskVersion = database.diskVersion
  }

  init(_ header: FoundHeader, _ fingerprint: Fingerprint, view: ViewHeader) {
    offset = header.offset
    end = header.end
    tail = fingerprint.tail
    identity = fingerprint.identity
    checksum = header.checksum.rawValue
    kind = .view
    updateSeq = view.updateSeq
    purgeSeq = view.purgeSeq
  }

  init(_ record: CouchRecord, end: Int) {
    offset = record.headerOffset
    self.end = end
    tail = record.tailSHA256
    identity = record.identity
    checksum = record.checksum
    kind = record.kind
    updateSeq = record.updateSeq
    purgeSeq = record.purgeSeq
    uuid = record.uuid
    documents = record.documents
    deleted = record.deleted
    diskVersion = record.diskVersion
  }

  func record(sha256State: String) -> CouchRecord {
    CouchRecord(
      kind: kind, headerOffset: offset, tailSHA256: tail, identity: identity, sha256State: sha256State, checksum: checksum,
      updateSeq: updateSeq,
      purgeSeq: purgeSeq, uuid: uuid, documents: documents, deleted: deleted, diskVersion: diskVersion)
  }
}

/// What the last snapshot holds of one file.
package struct RememberedFile: Sendable {
  package let record: FileRecord
  /// Its blobs in order, with their lengths in bytes.
  package let blobs: [(blob: ContentID, length: Int)]
  /// What tells without opening the file that nobody wrote to it; `nil` where that is not known.
  package let stamp: FileStamp?

  package init(record: FileRecord, blobs: [(blob: ContentID, length: Int)], stamp: FileStamp? = nil) {
    self.record = record
    self.blobs = blobs
    self.stamp = stamp
  }
}
