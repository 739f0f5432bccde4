import Primitives

/// One file's line of a manifest, written and read by hand: a manifest has tens of thousands of them, and a backup that has
/// anything to do reads and writes all.
///
/// The line is what `JSONEncoder` makes of a `FileRecord` with sorted keys. What is not of that very shape, names with escapes first of all,
/// is left to Foundation.
enum FileLine {
  /// Appends a record's line, without a line end.
  ///
  /// - Returns: `false` if a text in it needs escapes; then nothing was appended.
  static func append(_ record: FileRecord, to text: inout [UInt8]) -> Bool {
    var line = LineWriter(appendingTo: &text)
    if let couch = record.couch { append(couch, to: &line) }
    line.text("path", record.path)
    line.id("sha256", record.sha256)
    line.number("size", record.size)
    return line.finish(&text)
  }

  private static func append(_ couch: CouchRecord, to line: inout LineWriter) {
    line.open("couch")
    line.text("checksum", couch.checksum)
    line.number("deleted", couch.deleted)
    line.number("disk_version", couch.diskVersion)
    line.number("documents", couch.documents)
    line.number("header", couch.headerOffset)
    line.text("identity", couch.identity)
    line.text("kind", couch.kind.rawValue)
    line.number("purge_seq", couch.purgeSeq)
    line.text("sha256_state", couch.sha256State)
    line.id("tail_sha256", couch.tailSHA256)
    line.number("update_seq", couch.updateSeq)
    if let uuid = couch.uuid { line.text("uuid", uuid) }
    line.close()
  }

  /// - Returns: `nil` if it is not of the shape that `append` writes.
  static func record(_ line: ArraySlice<UInt8>) -> FileRecord? { line.withUnsafeBufferPointer(record) }

  static func record(_ bytes: UnsafeBufferPointer<UInt8>) -> FileRecord? {
    var line = LineReader(bytes)
    var couch: CouchRecord?
    guard line.takes("{") else { return nil }
    if line.takes("\"couch\":{") {
      guard let record = couchRecord(&line), line.takes("},") else { return nil }
      couch = record
    }
    guard let path = line.text("\"path\":\""), let sha256 = line.id(",\"sha256\":\""), let size = line.number(",\"size\":"),
      line.takes("}"), line.isAtEnd
    else { return nil }
    return FileRecord(path: path, size: size, sha256: sha256, couch: couch)
  }

  private static func couchRecord(_ line: inout LineReader) -> CouchRecord? {
    guard let checksum = line.text("\"checksum\":\"") else { return nil }
    let deleted = line.number(",\"deleted\":")
    let diskVersion = line.number(",\"disk_version\":")
    let documents = line.number(",\"documents\":")
    guard let header = line.number(",\"header\":"), let identity = line.text(",\"identity\":\""),
      let kind = line.text(",\"kind\":\"").flatMap(CouchRecord.Kind.init), let purgeSeq = line.number(",\"purge_seq\":"),
      let state = line.text(",\"sha256_state\":\""), let tail = line.id(",\"tail_sha256\":\""),
      let updateSeq = line.number(",\"update_seq\":")
    else { return nil }
    return CouchRecord(
      kind: kind, headerOffset: header, tailSHA256: tail, identity: identity, sha256State: state, checksum: checksum, updateSeq: updateSeq,
      purgeSeq: purgeSeq, uuid: line.text(",\"uuid\":\""), documents: documents, deleted: deleted, diskVersion: diskVersion)
  }
}
