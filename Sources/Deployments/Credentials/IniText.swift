/// One ini file, read as CouchDB reads it.
///
/// - Lines end at CR LF, LF, CR or Ctrl-Z. A line that begins with `;` is a comment; so is what follows ` ;` or a tab and `;`.
/// - `[section]` begins a section; its name is taken as it stands, blanks included. A line with anything behind the `]` is no section.
/// - A line is split at its first ` = `, else at its first `=`. Without a name, a value or a section before it, it is passed by.
/// - The last of equal names counts.
///
/// CouchDB 3.3 and older differ in what no generated file has: they split at `=` with or without blanks, an empty value takes an
/// earlier one back, and a line that begins with one blank and has no `=` continues the value before it.
/// Source: apache/couchdb `src/config/src/config.erl`, `parse_ini/1`, `parse_fold/2`, `remove_comments/1`.
enum IniText {
  struct Key: Hashable {
    let section: String
    let name: String
  }

  static func parse(_ bytes: [UInt8]) -> [Key: [UInt8]] {
    var section = ""
    var values: [Key: [UInt8]] = [:]
    for line in bytes.split(whereSeparator: { $0 == 10 || $0 == 13 || $0 == 0x1a }) {
      let line = trim(withoutComment(trim(line)))
      if line.first == UInt8(ascii: "[") {
        section = name(ofSection: line.dropFirst()) ?? section
      } else if !section.isEmpty, let (name, value) = pair(line) {
        values[Key(section: section, name: String(decoding: name, as: UTF8.self))] = Array(value)
      }
    }
    return values
  }

  private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if line.first == UInt8(ascii: ";") { return [] }
    let comment = line.indices.dropFirst().first { index in
      line[index] == UInt8(ascii: ";") && (line[index - 1] == UInt8(ascii: " ") || line[index - 1] == UInt8(ascii: "\t"))
    }
    return comment.map { line[..<($0 - 1)] } ?? line
  }

  /// - Parameter rest: What follows the `[`.
  private static func name(ofSection rest: ArraySlice<UInt8>) -> String? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "]")), end > rest.startIndex, end == rest.endIndex - 1 else { return nil }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  private static func pair(_ line: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
    let equals = UInt8(ascii: "=")
    let blank = UInt8(ascii: " ")
    let wide = line.indices.first { index in
      line[index] == equals && index > line.startIndex && line[index - 1] == blank && index + 1 < line.endIndex && line[index + 1] == blank
    }
    if let wide { return (trim(line[..<wide]), trim(line[(wide + 1)...])) }
    guard let narrow = line.firstIndex(of: equals), narrow > line.startIndex, narrow < line.endIndex - 1 else { return nil }
    return (trim(line[..<narrow]), trim(line[(narrow + 1)...]))
  }

  /// Erlang's `string:trim/1` on bytes: 85 is a line end in Latin 1, and is taken even off the end of a UTF-8 letter.
  private static func trim(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { (9...13).contains(byte) || byte == 32 || byte == 0x85 }
    let start = line.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
    return start[...last]
  }
}
