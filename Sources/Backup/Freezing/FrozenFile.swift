import CouchFormat
package import Deployments
import Files
package import Primitives
import SystemPackage

/// One CouchDB file as it was at the freeze: everything up to the end of its newest valid header.
struct FrozenFile: Sendable {
  /// Path below the data folder.
  let path: String
  let entry: DataFolderEntry
  let metadata: FileMetadata
  /// What the header said.
  let facts: HeaderFacts
  /// The end of that header: the size of the file in the snapshot.
  var end: Int { facts.end }
  let source: Source
  /// What the last snapshot knows of this file, if it is the same generation: all of `[0, remembered.record.size)` is stored.
  let remembered: RememberedFile?

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

/// What a header says that a manifest keeps.
struct HeaderFacts: Sendable {
  let offset: Int
  let end: Int
  let digest: ContentID
  let checksum: String
  let kind: CouchRecord.Kind
  let updateSeq: Int
  let purgeSeq: Int
  var uuid: String?
  var documents: Int?
  var deleted: Int?
  var diskVersion: Int?
  var epochs: [String] = []

  /// - Parameter purgeSeq: the newest purge of a database; a view's header has its own.
  init(_ header: FoundHeader, database: DatabaseHeader, purgeSeq: Int) {
    offset = header.offset
    end = header.end
    digest = ContentID(hashing: header.rawBytes)
    checksum = header.checksum.rawValue
    kind = .database
    updateSeq = database.updateSeq
    self.purgeSeq = purgeSeq
    uuid = database.uuid
    documents = database.docCount
    deleted = database.deletedCount
    diskVersion = database.diskVersion
    epochs = database.epochs.map(\.node)
  }

  init(_ header: FoundHeader, view: ViewHeader) {
    offset = header.offset
    end = header.end
    digest = ContentID(hashing: header.rawBytes)
    checksum = header.checksum.rawValue
    kind = .view
    updateSeq = view.updateSeq
    purgeSeq = view.purgeSeq
  }

  init(_ record: CouchRecord, end: Int) {
    offset = record.headerOffset
    self.end = end
    digest = record.headerSHA256
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
      kind: kind, headerOffset: offset, headerSHA256: digest, sha256State: sha256State, checksum: checksum, updateSeq: updateSeq,
      purgeSeq: purgeSeq, uuid: uuid, documents: documents, deleted: deleted, diskVersion: diskVersion)
  }
}

/// What the last snapshot holds of one file.
package struct RememberedFile: Sendable {
  package let record: FileRecord
  /// Its blobs in order, with their lengths in bytes.
  package let blobs: [(blob: ContentID, length: Int)]

  package init(record: FileRecord, blobs: [(blob: ContentID, length: Int)]) {
    self.record = record
    self.blobs = blobs
  }
}
