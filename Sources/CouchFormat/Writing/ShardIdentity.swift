package import Primitives

/// A new identity for a shard that went back in time: its newest header once more, under another uuid.
///
/// A consumer's position is a sequence and the start of the shard's uuid. After a restore to an earlier moment the sequence lies in a
/// future that no longer is, and CouchDB would answer nothing until it is passed again. Under another uuid it starts from 0.
/// Source: apache/couchdb `couch_db.erl`, `calculate_start_seq/3`.
package enum ShardIdentity {
  /// Where in the header's tuple the uuid is, its tag counted.
  private static let uuidField = 11
  /// Hexadecimal digits, in every file of CouchDB's.
  private static let uuidLength = 32

  /// The uuid that takes the place of `uuid` in one restore: the same each time it is asked for.
  ///
  /// - Parameter seed: what is particular to this restore.
  /// - Returns: 32 hexadecimal digits, as CouchDB's: the first 16 bytes of SHA-256(uuid, seed).
  package static func uuid(after uuid: String, seed: String) -> String {
    Hex.encode(ContentID(hashing: Array(uuid.utf8) + [0] + Array(seed.utf8)).bytes.prefix(uuidLength / 2))
  }

  /// What is to be written at `offset` so that the file has the new identity: zeros up to the next block, and the header.
  ///
  /// - Parameter offset: Where the file ends, in bytes.
  /// - Returns: `nil` for a header without a uuid: CouchDB gives it a new one.
  package static func renewal(of found: FoundHeader, at offset: Int, seed: String) throws -> [UInt8]? {
    guard let header = found.database else {
      throw CouchFormatError(.headerUnexpected, at: found.offset, "the newest header is not a database's")
    }
    guard let uuid = header.uuid else { return nil }
    guard uuid.utf8.count == uuidLength else {
      throw CouchFormatError(.headerUnknown, at: found.offset, "a uuid of \(uuid.utf8.count) characters")
    }
    let term = try replacingUUID(in: try term(of: found), with: Self.uuid(after: uuid, seed: seed))
    return BlockWriter.padding(after: offset) + BlockWriter.header(term, checksum: found.checksum)
  }

  /// Whether `found` is the header that `renewal` with this seed made of the one right before it.
  package static func isRenewed(_ found: FoundHeader, in source: some RandomAccess, seed: String) throws -> Bool {
    // All uuids are of one length, so both headers are.
    let blocks = (found.rawBytes.count + BlockReader.blockSize - 1) / BlockReader.blockSize
    guard let before = try HeaderSearch.header(at: found.offset - blocks * BlockReader.blockSize, in: source), before.database != nil,
      let renewal = try renewal(of: before, at: before.end, seed: seed)
    else { return false }
    return before.end + renewal.count == found.end && renewal.suffix(found.rawBytes.count) == found.rawBytes[...]
  }

  /// The header's term with its version byte, out of its blocks.
  private static func term(of found: FoundHeader) throws -> [UInt8] {
    // A header starts at a boundary: by themselves its bytes are a file whose blocks are the same.
    let blocks = BlockReader(MemoryBytes(found.rawBytes))
    let count = try blocks.bytes(at: 1, count: 4).bytes.reduce(0) { $0 << 8 | Int($1) }
    return Array(try blocks.bytes(at: 5, count: count).bytes.dropFirst(Checksum.byteCount))
  }

  private static func replacingUUID(in term: [UInt8], with uuid: String) throws(CouchFormatError) -> [UInt8] {
    var cursor = TermCursor(term, 1..<term.count)
    _ = try cursor.readTupleHeader()
    for _ in 0..<uuidField { try cursor.skipTerm() }
    let place = try cursor.skipTerm()
    return term[..<place.lowerBound] + TermBytes.binary(uuid) + term[place.upperBound...]
  }
}
