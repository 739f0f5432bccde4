package import Primitives

/// What a snapshot says it froze: `/akiba/manifest.json`.
///
/// The memory of the next run, the yardstick of every proof, and a text a person can read.
package struct Manifest: Equatable, Sendable {
  /// The version of this format; a reader refuses a greater one.
  package static let format = 1

  package var facts: Facts
  /// What the installation was made of, as far as it could be learned.
  package var installation: Installation?
  /// Where each part was on the host.
  package var sources: [Source]
  package var nodes: [Node]
  package var databases: [Database]
  package var findings: [Note]
  package var leftOut: [LeftOut]
  /// Sorted by path. Without those that are `kept`.
  package var files: [FileRecord]
  /// Of a manifest that is to be written: the files it takes over from the last one, a folder each. Whoever asks what a snapshot holds has to
  /// ask both; see `totals` and `storedSources`.
  package var kept: [KeptFiles] = []

  package init(
    facts: Facts, installation: Installation? = nil, sources: [Source] = [], nodes: [Node] = [], databases: [Database] = [],
    findings: [Note] = [],
    leftOut: [LeftOut] = [], files: [FileRecord] = []
  ) {
    self.facts = facts
    self.installation = installation
    self.sources = sources
    self.nodes = nodes
    self.databases = databases
    self.findings = findings
    self.leftOut = leftOut
    self.files = files
  }

  package struct Facts: Codable, Equatable, Sendable {
    package var deployment: String
    package var akibaVersion: String
    package var host: String
    /// ISO 8601, UTC.
    package var started: String
    /// The moment the freeze ended: what this snapshot shows.
    package var frozen: String
    /// When everything had been copied.
    package var ended: String
    package var freezeWidthMilliseconds: Double
    package var indexes: String
    /// `false` if a finding says that something is missing or went back.
    package var trusted: Bool

    package init(
      deployment: String, akibaVersion: String, host: String, started: String, frozen: String, ended: String,
      freezeWidthMilliseconds: Double, indexes: String, trusted: Bool
    ) {
      self.deployment = deployment
      self.akibaVersion = akibaVersion
      self.host = host
      self.started = started
      self.frozen = frozen
      self.ended = ended
      self.freezeWidthMilliseconds = freezeWidthMilliseconds
      self.indexes = indexes
      self.trusted = trusted
    }

    enum CodingKeys: String, CodingKey {
      case deployment, host, started, frozen, ended, indexes, trusted
      case akibaVersion = "akiba_version"
      case freezeWidthMilliseconds = "freeze_width_ms"
    }
  }

  package struct Node: Codable, Equatable, Sendable {
    package var name: String
    /// Where its data folder was on the host.
    package var source: String
    /// `DataFolderState` just before the freeze: while the folder has it, this snapshot shows it as it is. Left out where something had been
    /// changed so shortly before that a later change could have the same time.
    package var state: ContentID?

    package init(name: String, source: String, state: ContentID? = nil) {
      self.name = name
      self.source = source
      self.state = state
    }
  }

  package struct Database: Codable, Equatable, Sendable {
    package var name: String
    /// How many ranges it is split into, and how many copies of each the shard map names.
    package var q: Int
    package var n: Int
    /// Files in this snapshot.
    package var shards: Int
    package var documents: Int
    package var deleted: Int
    /// Sum over the shards.
    package var updateSeq: Int

    package init(name: String, q: Int, n: Int, shards: Int = 0, documents: Int = 0, deleted: Int = 0, updateSeq: Int = 0) {
      self.name = name
      self.q = q
      self.n = n
      self.shards = shards
      self.documents = documents
      self.deleted = deleted
      self.updateSeq = updateSeq
    }

    enum CodingKeys: String, CodingKey {
      case name, q, n, shards, documents, deleted
      case updateSeq = "update_seq"
    }
  }

  /// A finding of the backup run.
  package struct Note: Codable, Equatable, Sendable {
    package var severity: String
    package var kind: String
    package var file: String
    package var message: String
    package var remedy: String

    package init(severity: String, kind: String, file: String, message: String, remedy: String) {
      self.severity = severity
      self.kind = kind
      self.file = file
      self.message = message
      self.remedy = remedy
    }
  }

  package struct LeftOut: Codable, Hashable, Sendable {
    package var path: String
    package var reason: String

    package init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }
}

/// One file of a snapshot.
package struct FileRecord: Sendable {
  /// Path inside the snapshot.
  package var path: String
  /// Size in bytes: for a CouchDB file the end of its newest valid header at the freeze.
  package var size: Int
  package var sha256: ContentID
  private var boxed: Box?

  /// Large, and there are tens of thousands, copied from list to list: a copy of a record shares it.
  private final class Box: Sendable {
    let couch: CouchRecord

    init(_ couch: CouchRecord) { self.couch = couch }
  }

  package var isCouchDBs: Bool { boxed != nil }

  /// For CouchDB's files only.
  package var couch: CouchRecord? {
    get { boxed?.couch }
    set { boxed = newValue.map(Box.init) }
  }

  package init(path: String, size: Int, sha256: ContentID, couch: CouchRecord? = nil) {
    self.path = path
    self.size = size
    self.sha256 = sha256
    self.couch = couch
  }
}

extension FileRecord: Equatable {
  package static func == (left: Self, right: Self) -> Bool {
    left.path == right.path && left.size == right.size && left.sha256 == right.sha256
      && (left.boxed === right.boxed || left.couch == right.couch)
  }
}

extension FileRecord: Codable {
  private enum CodingKeys: String, CodingKey { case path, size, sha256, couch }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      path: try fields.decode(String.self, forKey: .path), size: try fields.decode(Int.self, forKey: .size),
      sha256: try fields.decode(ContentID.self, forKey: .sha256), couch: try fields.decodeIfPresent(CouchRecord.self, forKey: .couch))
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(path, forKey: .path)
    try fields.encode(size, forKey: .size)
    try fields.encode(sha256, forKey: .sha256)
    try fields.encodeIfPresent(couch, forKey: .couch)
  }
}

/// What the newest header of a CouchDB file said, and what the next run needs to go on from it.
package struct CouchRecord: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable { case database, view }

  package var kind: Kind
  /// Offset of the header in bytes; it ends at the file's size.
  package var headerOffset: Int
  /// Of the header; of an index together with up to 4 KiB before it.
  package var tailSHA256: ContentID
  /// The file's inode and time of birth when it was frozen.
  package var identity: String
  /// `RunningSHA256.State` at the last multiple of 64 before `size`, 64 hexadecimal digits.
  package var sha256State: String
  package var checksum: String
  package var updateSeq: Int
  package var purgeSeq: Int
  /// Of a database: the shard's identity, kept by compaction.
  package var uuid: String?
  package var documents: Int?
  package var deleted: Int?
  package var diskVersion: Int?

  package init(
    kind: Kind, headerOffset: Int, tailSHA256: ContentID, identity: String, sha256State: String, checksum: String, updateSeq: Int,
    purgeSeq: Int,
    uuid: String? = nil, documents: Int? = nil, deleted: Int? = nil, diskVersion: Int? = nil
  ) {
    self.kind = kind
    self.headerOffset = headerOffset
    self.tailSHA256 = tailSHA256
    self.identity = identity
    self.sha256State = sha256State
    self.checksum = checksum
    self.updateSeq = updateSeq
    self.purgeSeq = purgeSeq
    self.uuid = uuid
    self.documents = documents
    self.deleted = deleted
    self.diskVersion = diskVersion
  }

  enum CodingKeys: String, CodingKey {
    case kind, checksum, uuid, documents, deleted, identity
    case headerOffset = "header"
    case tailSHA256 = "tail_sha256"
    case sha256State = "sha256_state"
    case updateSeq = "update_seq"
    case purgeSeq = "purge_seq"
    case diskVersion = "disk_version"
  }
}
