import Files

/// What a PAX header changes of the member behind it: lines of `LENGTH KEY=VALUE\n`, the length counting the whole line.
///
/// Extended attributes and all other keys are passed over.
///
/// Source: POSIX.1-2017 `pax`, "pax Extended Header".
struct PaxRecords {
  var path: [UInt8]?
  var link: [UInt8]?
  var size: Int?
  var owner: UInt32?
  var group: UInt32?
  var modified: FileTime?

  /// The records of `bytes` replace those of the same key.
  mutating func read(_ bytes: [UInt8], at offset: Int) throws(ArchiveError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let line = Self.line(&rest), try set(line.key, line.value) else {
        throw ArchiveError(.damaged, "the archive's extended header at byte \(offset) is damaged")
      }
    }
  }

  private static func line(_ rest: inout ArraySlice<UInt8>) -> (key: String, value: ArraySlice<UInt8>)? {
    let digits = rest.prefix { $0 != 32 }
    guard digits.count <= 8, let length = decimal(digits), length > digits.count + 1, length <= rest.count else { return nil }
    let line = rest.prefix(length).dropFirst(digits.count + 1)
    rest = rest.dropFirst(length)
    guard line.last == 10, let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    return (String(decoding: line[..<equals], as: UTF8.self), line[(equals + 1)...].dropLast())
  }

  /// - Returns: false for a value that its key cannot have. An empty one takes the key away.
  private mutating func set(_ key: String, _ value: ArraySlice<UInt8>) throws(ArchiveError) -> Bool {
    let isGone = value.isEmpty
    switch key {
    case "path": path = isGone ? nil : Array(value)
    case "linkpath": link = isGone ? nil : Array(value)
    case "size":
      size = Self.decimal(value)
      return isGone || size != nil
    case "uid":
      owner = Self.decimal(value).flatMap { UInt32(exactly: $0) }
      return isGone || owner != nil
    case "gid":
      group = Self.decimal(value).flatMap { UInt32(exactly: $0) }
      return isGone || group != nil
    case "mtime":
      modified = Self.time(value)
      return isGone || modified != nil
    default:
      // The body of a sparse file is a map and pieces: taking it for the content would be wrong.
      if key.hasPrefix("GNU.sparse.") { throw ArchiveError(.unsupported, "the archive has a sparse file") }
    }
    return true
  }

  /// Not above 2^60, so that sums do not overflow.
  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 18, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Seconds since 1970 with a fraction of any length; before 1970 the fraction counts backwards.
  private static func time(_ text: ArraySlice<UInt8>) -> FileTime? {
    let isNegative = text.first == UInt8(ascii: "-")
    let parts = (isNegative ? text.dropFirst() : text).split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let seconds = decimal(first) else { return nil }
    var nanoseconds = 0
    if parts.count == 2, !parts[1].isEmpty {
      guard parts[1].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      nanoseconds = (0..<9).reduce(0) { $0 * 10 + (parts[1].dropFirst($1).first.map { Int($0 - 0x30) } ?? 0) }
    }
    if !isNegative { return FileTime(seconds: seconds, nanoseconds: nanoseconds) }
    return nanoseconds == 0
      ? FileTime(seconds: -seconds, nanoseconds: 0) : FileTime(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
  }
}
