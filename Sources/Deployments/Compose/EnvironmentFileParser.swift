/// The grammar of `.env` files; see `EnvironmentFile`.
struct EnvironmentFileParser {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// By the name's bytes: Swift holds some strings for equal that are not the same bytes.
  private var found: [[UInt8]: Statement] = [:]
  private var count = 0
  private var size = 0

  private struct Statement {
    let place: Int
    let variable: EnvironmentFile.Variable
  }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  var variables: [EnvironmentFile.Variable] { found.values.sorted { $0.place < $1.place }.map(\.variable) }

  mutating func run(_ lookup: (String) -> String?) throws(EnvironmentFileError) {
    while skipToStatement() {
      let start = line
      let (name, isInherited) = try self.name()
      if isInherited {
        if let value = lookup(String(decoding: name, as: UTF8.self)) {
          try set(name, Array(value.utf8), start, isInherited: true, refersToUnset: false)
        }
      } else {
        let (value, unset) = try self.value(of: start, lookup)
        try set(name, value, start, isInherited: false, refersToUnset: unset)
      }
    }
  }
}

// MARK: Names

extension EnvironmentFileParser {
  /// Passes over white space, empty lines and comments.
  private mutating func skipToStatement() -> Bool {
    while position < bytes.count {
      let (scalar, width) = ScalarReading.next(bytes, position)
      if let scalar, ScalarReading.isSpace(scalar) {
        advance(to: position + width)
      } else if bytes[position] == UInt8(ascii: "#") {
        advance(to: endOfLine)
      } else {
        return true
      }
    }
    return false
  }

  /// Reads a name and what ends it, and the spaces after that.
  private mutating func name() throws(EnvironmentFileError) -> (bytes: [UInt8], isInherited: Bool) {
    try skipExport()
    var end = position
    while end < bytes.count {
      let (scalar, width) = ScalarReading.next(bytes, end)
      switch scalar {
      case "=", ":", "\n":
        let name = ScalarReading.trimmedAtEnd(bytes[position..<end])
        guard !name.contains(UInt8(ascii: " ")) else { throw refusal(.spaceInName) }
        advance(to: end + 1)
        skipInlineSpace()
        return (Array(name), scalar == "\n")
      case let scalar? where ScalarReading.isInlineSpace(scalar) || ScalarReading.isOfName(scalar): end += width
      default: throw refusal(.character)
      }
    }
    // The file ends within the name: Compose takes it for the value of a variable without a name.
    return ([], false)
  }

  private mutating func skipExport() throws(EnvironmentFileError) {
    let word = Array("export".utf8)
    guard bytes[position...].starts(with: word), position + word.count < bytes.count else { return }
    switch bytes[position + word.count] {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0C:
      position += word.count
      skipInlineSpace()
      guard position < bytes.count else { throw refusal(.exportWithoutName) }
    default: return
    }
  }
}

// MARK: Values

extension EnvironmentFileParser {
  private mutating func value(
    of start: Int, _ lookup: (String) -> String?
  ) throws(EnvironmentFileError) -> (bytes: [UInt8], refersToUnset: Bool) {
    guard position < bytes.count else { return ([], false) }
    switch bytes[position] {
    case UInt8(ascii: "'"): return (try quoted(start), false)
    case UInt8(ascii: "\""): return try interpolated(Self.unescaped(try quoted(start)), start, lookup)
    default: return try interpolated(unquoted(), start, lookup)
    }
  }

  private mutating func unquoted() -> [UInt8] {
    let end = endOfLine
    var value = bytes[position..<end]
    if let comment = value.indices.dropLast().first(where: { value[$0] == 0x20 && value[$0 + 1] == UInt8(ascii: "#") }) {
      value = value[..<comment]
    }
    advance(to: end)
    return Array(ScalarReading.trimmedAtEnd(value))
  }

  /// What is between the quotes, an escaped quote without its backslash and all other escapes as they are.
  private mutating func quoted(_ start: Int) throws(EnvironmentFileError) -> [UInt8] {
    let quote = bytes[position]
    var value: [UInt8] = []
    var index = position + 1
    while index < bytes.count {
      if bytes[index] == quote {
        advance(to: index + 1)
        return value
      }
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
        if bytes[index + 1] != quote { value.append(bytes[index]) }
        index += 1
      }
      value.append(bytes[index])
      index += 1
    }
    throw EnvironmentFileError(kind: .openQuote, line: start)
  }

  private func interpolated(
    _ template: [UInt8], _ start: Int, _ lookup: (String) -> String?
  ) throws(EnvironmentFileError) -> (bytes: [UInt8], refersToUnset: Bool) {
    do {
      let limit = min(Interpolation.defaultLimit, EnvironmentFile.maximumSize - size)
      let result = try Interpolation(of: template, limit: limit) { name in
        lookup(name).map { Array($0.utf8) } ?? found[Array(name.utf8)]?.variable.bytes
      }
      return (result.bytes, !result.unset.isEmpty)
    } catch {
      throw EnvironmentFileError(error, line: start)
    }
  }

  private mutating func set(
    _ name: [UInt8], _ value: [UInt8], _ line: Int, isInherited: Bool, refersToUnset: Bool
  ) throws(EnvironmentFileError) {
    size += value.count
    guard size <= EnvironmentFile.maximumSize else { throw EnvironmentFileError(kind: .tooLong, line: line) }
    let variable = EnvironmentFile.Variable(
      name: String(decoding: name, as: UTF8.self), bytes: value, line: line, isInherited: isInherited, refersToUnset: refersToUnset)
    found[name] = Statement(place: count, variable: variable)
    count += 1
  }
}

// MARK: Moving

extension EnvironmentFileParser {
  private var endOfLine: Int { bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count }

  private mutating func advance(to next: Int) {
    for byte in bytes[position..<next] where byte == UInt8(ascii: "\n") { line += 1 }
    position = next
  }

  private mutating func skipInlineSpace() {
    while position < bytes.count {
      let (scalar, width) = ScalarReading.next(bytes, position)
      guard let scalar, ScalarReading.isInlineSpace(scalar) else { return }
      position += width
    }
  }

  private func refusal(_ kind: EnvironmentFileError.Kind) -> EnvironmentFileError { EnvironmentFileError(kind: kind, line: line) }
}
