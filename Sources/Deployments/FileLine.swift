import Glibc
import Primitives

/// One file's line of a manifest, written and read by hand: a manifest has tens of thousands of them, and each backup reads and writes all.
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

  /// - Returns: `nil` if it is not of the shape that `text` writes.
  static func record(_ line: ArraySlice<UInt8>) -> FileRecord? {
    line.withUnsafeBufferPointer { bytes in
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

/// Appends the fields of an object.
private struct LineWriter {
  private var bytes: [UInt8]
  private let start: Int
  private var needsComma = false
  private var needsEscapes = false

  /// Holds the text until `finish` gives it back.
  init(appendingTo text: inout [UInt8]) {
    bytes = []
    swap(&bytes, &text)
    start = bytes.count
    bytes.append(UInt8(ascii: "{"))
  }

  /// - Returns: `false` if Foundation would have written escapes.
  mutating func finish(_ text: inout [UInt8]) -> Bool {
    if needsEscapes { bytes.removeSubrange(start...) } else { bytes.append(UInt8(ascii: "}")) }
    swap(&bytes, &text)
    return !needsEscapes
  }

  mutating func open(_ name: StaticString) {
    key(name)
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  mutating func close() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  mutating func text(_ name: StaticString, _ text: String) {
    key(name)
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var isPlain = true
      for byte in utf8 { isPlain = LineReader.isPlain(byte) && isPlain }
      if !isPlain { needsEscapes = true }
      bytes.append(contentsOf: utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func id(_ name: StaticString, _ id: ContentID) {
    key(name)
    bytes.append(UInt8(ascii: "\""))
    id.appendHex(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Nothing at all for `nil`.
  mutating func number(_ name: StaticString, _ number: Int?) {
    guard let number else { return }
    key(name)
    bytes.append(contentsOf: String(number).utf8)
  }

  private mutating func key(_ name: StaticString) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }
}

/// Takes what it is asked for, or nothing.
private struct LineReader {
  /// Fewer than `Int.max` has.
  private static let mostDigits = 18

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// Whether a byte of a text stands for itself in JSON, and is ASCII.
  static func isPlain(_ byte: UInt8) -> Bool {
    (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  mutating func takes(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    guard let base = bytes.baseAddress, memcmp(base + position, word.utf8Start, count) == 0 else { return false }
    position += count
    return true
  }

  /// A text after `opening`, which ends in its first quote.
  mutating func text(_ opening: StaticString) -> String? {
    guard takes(opening) else { return nil }
    var end = position
    while end < bytes.count, Self.isPlain(bytes[end]) { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
    defer { position = end + 1 }
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[position..<end]), as: UTF8.self)
  }

  mutating func id(_ opening: StaticString) -> ContentID? {
    let end = position + opening.utf8CodeUnitCount + 2 * ContentID.byteCount
    guard end < bytes.count, takes(opening), bytes[end] == UInt8(ascii: "\"") else { return nil }
    defer { position = end + 1 }
    return ContentID(digits: UnsafeBufferPointer(rebasing: bytes[position..<end]))
  }

  mutating func number(_ opening: StaticString) -> Int? {
    let start = position
    guard takes(opening) else { return nil }
    var value = 0
    var digits = 0
    while position < bytes.count, digits < Self.mostDigits, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      value = value * 10 + Int(digit)
      position += 1
      digits += 1
    }
    guard digits > 0, digits < Self.mostDigits else {
      position = start
      return nil
    }
    return value
  }
}
