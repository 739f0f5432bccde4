/// What a database file's header says, `{db_header, DiskVersion, UpdateSeq, …}`.
///
/// A shorter tuple is extended with CouchDB's defaults, as CouchDB does. Before disk version 7 the two purge slots held a number
/// and a pointer; both are kept as `legacyPurgeSeq` and `legacyPurgedPointer`.
/// Source: apache/couchdb `couch_bt_engine_header.erl`.
package struct DatabaseHeader: Sendable {
  package static let diskVersions = 4...8
  static let largestTuple = 16
  private static let defaultLimit = 1000

  package private(set) var diskVersion = 0
  /// Elements of the tuple, its tag included: 14 in 2.0, 15 in 2.3, 16 since 3.0.
  package private(set) var tupleSize = 0
  /// The highest sequence handed out.
  package private(set) var updateSeq = 0
  /// Only written by CouchDB after 3.5.
  package private(set) var timeSeqPointer: Int?
  package private(set) var byID: TreeRoot?
  package private(set) var bySequence: TreeRoot?
  package private(set) var local: TreeRoot?
  package private(set) var purges: TreeRoot?
  package private(set) var purgesBySequence: TreeRoot?
  package private(set) var legacyPurgeSeq: Int?
  package private(set) var legacyPurgedPointer: Int?
  package private(set) var securityPointer: Int?
  package private(set) var revsLimit = defaultLimit
  /// 32 hexadecimal digits; kept by compaction: it names the shard's history, not the file.
  package private(set) var uuid: String?
  /// Which node owned the file from which sequence on, newest first.
  package private(set) var epochs: [Epoch] = []
  /// `updateSeq` at the last compaction, 0 if there was none.
  package private(set) var compactedSeq = 0
  package private(set) var purgeInfosLimit = defaultLimit
  package private(set) var propsPointer: Int?
  /// Live documents, from the by-id root.
  package private(set) var docCount = 0
  /// Tombstones, from the by-id root.
  package private(set) var deletedCount = 0

  package struct Epoch: Hashable, Sendable {
    package let node: String
    package let updateSeq: Int

    package init(node: String, updateSeq: Int) {
      self.node = node
      self.updateSeq = updateSeq
    }
  }

  /// - Parameter cursor: at the tuple's head.
  init(_ cursor: inout TermCursor) throws(CouchFormatError) {
    tupleSize = try cursor.readTupleHeader()
    guard cursor.skipAtom("db_header") else { throw .term("a database header is expected") }
    guard (7...Self.largestTuple).contains(tupleSize) else { throw .term("a database header of \(tupleSize) elements") }
    diskVersion = try cursor.readInteger()
    guard Self.diskVersions.contains(diskVersion) else { throw .term("a database header of disk version \(diskVersion)") }
    updateSeq = try cursor.readInteger()
    let timeSeq = try cursor.readIntegerIfAny()
    timeSeqPointer = timeSeq == 0 ? nil : timeSeq
    byID = try TreeRoot.read(&cursor)
    bySequence = try TreeRoot.read(&cursor)
    local = try TreeRoot.read(&cursor)
    try readPurges(&cursor)
    try readRest(&cursor)
    try readCounts()
  }

  private mutating func readPurges(_ cursor: inout TermCursor) throws(CouchFormatError) {
    if diskVersion >= 7 {
      if tupleSize > 7 { purges = try TreeRoot.read(&cursor) }
      if tupleSize > 8 { purgesBySequence = try TreeRoot.read(&cursor) }
    } else {
      if tupleSize > 7 { legacyPurgeSeq = try cursor.readIntegerIfAny() }
      if tupleSize > 8 { legacyPurgedPointer = try cursor.readIntegerIfAny() }
    }
  }

  private mutating func readRest(_ cursor: inout TermCursor) throws(CouchFormatError) {
    if tupleSize > 9 { securityPointer = try cursor.readIntegerIfAny() }
    if tupleSize > 10 { revsLimit = try cursor.readIntegerIfAny() ?? Self.defaultLimit }
    if tupleSize > 11 { uuid = try Self.text(&cursor) }
    if tupleSize > 12 { epochs = try Self.epochs(&cursor) }
    if tupleSize > 13 { compactedSeq = try cursor.readIntegerIfAny() ?? 0 }
    if tupleSize > 14 { purgeInfosLimit = try cursor.readIntegerIfAny() ?? Self.defaultLimit }
    if tupleSize > 15 { propsPointer = try cursor.readIntegerIfAny() }
  }

  private mutating func readCounts() throws(CouchFormatError) {
    guard var reduction = byID?.reduction.cursor else { return }
    guard try reduction.readTupleHeader() >= 2 else { throw .term("a by-id reduction without counts") }
    docCount = try reduction.readInteger()
    deletedCount = try reduction.readInteger()
  }

  private static func text(_ cursor: inout TermCursor) throws(CouchFormatError) -> String? {
    guard try cursor.peekTag() == TermCursor.Tag.binary else {
      try cursor.skipTerm()
      return nil
    }
    return cursor.text(try cursor.readBinary())
  }

  private static func epochs(_ cursor: inout TermCursor) throws(CouchFormatError) -> [Epoch] {
    if cursor.skipAtom("nil") || cursor.skipAtom("undefined") { return [] }
    let count = try cursor.readItems()
    var epochs: [Epoch] = []
    for _ in 0..<count {
      try cursor.readTuple(of: 2)
      let node = cursor.text(try cursor.readAtom())
      epochs.append(Epoch(node: node, updateSeq: try cursor.readInteger()))
    }
    if count > 0 { try cursor.readTail() }
    return epochs
  }
}
