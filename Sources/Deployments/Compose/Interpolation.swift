/// A text with its `$` references replaced, as Compose does in `.env` files and in every scalar of a compose file.
///
///     $$  →  $          $NAME  ${NAME}      the value, or nothing
///     ${NAME:-text}  ${NAME-text}           text if unset or empty / if unset
///     ${NAME:+text}  ${NAME+text}           text if set and not empty / if set
///     ${NAME:?text}  ${NAME?text}           refused if unset or empty / if unset
///
/// `text` may hold references itself and is looked at only if it is used. A `$` before anything else is a `$`.
/// A name begins with a letter of a–z or `_`. Values are taken as they are: what they hold is not interpolated again.
///
/// Source: compose-spec/compose-go `template/template.go`, and Compose 5 itself. The corners, all held by tests:
/// - What is in braces ends on the line it began on: `${NAME:-a` and a `}` on the next line are refused.
/// - Braces are paired to find the end, but the byte after a `{` is not looked at, so `${A:-{}}` gives `{}`. Where they
///   cannot be paired, the last `}` of the line ends the reference.
/// - Letters are matched without regard to case the way Unicode folds it: `ſ` counts as s, the Kelvin sign as k.
package struct Interpolation: Sendable, Equatable {
  package let bytes: [UInt8]
  /// Names that were replaced by nothing because they are not set, without repetition. Compose warns about these.
  package let unset: [String]

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// No value of a real deployment comes near. Without a limit, ten lines of `A=$A$A` per power of a thousand fill any memory.
  package static let defaultLimit = 1 << 20
  /// Deeper defaults within defaults are refused, for the stack's sake. Compose has no limit.
  package static let maximumDepth = 64

  /// - Parameter limit: The longest result, in bytes.
  package init(
    of template: [UInt8], limit: Int = defaultLimit, lookup: (String) -> [UInt8]?
  ) throws(InterpolationError) {
    var expansion = Expansion(template: template, limit: limit)
    try expansion.expand(template.indices, depth: 0, lookup)
    bytes = expansion.output
    unset = expansion.unset
  }

  package init(of template: String, limit: Int = defaultLimit, lookup: (String) -> String?) throws(InterpolationError) {
    try self.init(of: Array(template.utf8), limit: limit) { name in lookup(name).map { Array($0.utf8) } }
  }
}

/// One run over a template. Every level of nesting walks its own part once.
private struct Expansion {
  let template: [UInt8]
  let limit: Int
  var output: [UInt8] = []
  var unset: [String] = []
  private var known: Set<String> = []

  typealias Lookup = (String) -> [UInt8]?

  /// Where the current line ends and its last `}` is; found once a line.
  private struct Line {
    var end = 0
    var lastBrace: Int?
  }

  private enum Operator: UInt8 {
    case fallback = 0x2D  // -
    case alternative = 0x2B  // +
    case required = 0x3F  // ?
  }

  init(template: [UInt8], limit: Int) {
    self.template = template
    self.limit = limit
  }

  mutating func expand(_ part: Range<Int>, depth: Int, _ lookup: Lookup) throws(InterpolationError) {
    guard depth <= Interpolation.maximumDepth else { throw InterpolationError(kind: .tooDeep) }
    var line = Line(end: part.lowerBound)
    var position = part.lowerBound
    while position < part.upperBound {
      guard let dollar = template[position..<part.upperBound].firstIndex(of: UInt8(ascii: "$")) else {
        return try append(template[position..<part.upperBound])
      }
      try append(template[position..<dollar])
      position = try reference(at: dollar, in: part, &line, depth, lookup)
    }
  }

  /// - Returns: Where to go on reading.
  private mutating func reference(
    at dollar: Int, in part: Range<Int>, _ line: inout Line, _ depth: Int, _ lookup: Lookup
  ) throws(InterpolationError) -> Int {
    let next = dollar + 1
    guard next < part.upperBound else {
      try append(template[dollar..<next])
      return next
    }
    if template[next] == UInt8(ascii: "{") { return try braced(dollar, in: part, &line, depth, lookup) }
    if template[next] == UInt8(ascii: "$") {
      try append(template[dollar..<next])
      return next + 1
    }
    let end = nameEnd(from: next, in: part)
    if end == next { try append(template[dollar..<next]) } else { try substitute(next..<end, lookup) }
    return end
  }

  private mutating func braced(
    _ dollar: Int, in part: Range<Int>, _ line: inout Line, _ depth: Int, _ lookup: Lookup
  ) throws(InterpolationError) -> Int {
    let name = (dollar + 2)..<nameEnd(from: dollar + 2, in: part)
    var position = name.upperBound
    guard !name.isEmpty, position < part.upperBound else { throw InterpolationError(kind: .malformed) }
    if template[position] == UInt8(ascii: "}") {
      try substitute(name, lookup)
      return position + 1
    }
    let emptyCountsAsUnset = template[position] == UInt8(ascii: ":")
    if emptyCountsAsUnset { position += 1 }
    guard position < part.upperBound, let operation = Operator(rawValue: template[position]) else {
      throw InterpolationError(kind: .malformed)
    }
    position += 1
    find(&line, from: dollar, in: part)
    guard let last = line.lastBrace, last >= position else { throw InterpolationError(kind: .malformed) }
    let close = pairedBrace(from: dollar, through: last) ?? last

    let value = lookup(text(name))
    let isSet = value.map { !emptyCountsAsUnset || !$0.isEmpty } ?? false
    switch operation {
    case .fallback:
      if isSet { try append(value ?? []) } else { try expand(position..<close, depth: depth + 1, lookup) }
    case .alternative:
      if isSet { try expand(position..<close, depth: depth + 1, lookup) }
    case .required:
      guard isSet else { throw InterpolationError(kind: .required(text(name))) }
      try append(value ?? [])
    }
    return close + 1
  }

  private mutating func substitute(_ name: Range<Int>, _ lookup: Lookup) throws(InterpolationError) {
    let name = text(name)
    if let value = lookup(name) { try append(value) } else if known.insert(name).inserted { unset.append(name) }
  }

  private mutating func append(_ piece: some Collection<UInt8>) throws(InterpolationError) {
    guard piece.count <= limit - output.count else { throw InterpolationError(kind: .tooLong) }
    output += piece
  }

  private func find(_ line: inout Line, from start: Int, in part: Range<Int>) {
    guard start >= line.end else { return }
    let end = template[start..<part.upperBound].firstIndex(of: UInt8(ascii: "\n")) ?? part.upperBound
    line = Line(end: end, lastBrace: template[start..<end].lastIndex(of: UInt8(ascii: "}")))
  }

  private func pairedBrace(from start: Int, through last: Int) -> Int? {
    var open = 0
    var position = start
    while position <= last {
      switch template[position] {
      case UInt8(ascii: "}"):
        open -= 1
        if open == 0 { return position }
      case UInt8(ascii: "{"):
        open += 1
        position += 1
      default: break
      }
      position += 1
    }
    return nil
  }

  private func nameEnd(from start: Int, in part: Range<Int>) -> Int {
    var position = start
    while position < part.upperBound {
      switch template[position] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): position += 1
      case UInt8(ascii: "0")...UInt8(ascii: "9") where position > start: position += 1
      default:
        guard let width = foldedLetterWidth(at: position, in: part) else { return position }
        position += width
      }
    }
    return position
  }

  /// U+017F and U+212A, which fold to s and k.
  private func foldedLetterWidth(at position: Int, in part: Range<Int>) -> Int? {
    let rest = template[position..<part.upperBound]
    if rest.starts(with: [0xC5, 0xBF]) { return 2 }
    return rest.starts(with: [0xE2, 0x84, 0xAA]) ? 3 : nil
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: template[range], as: UTF8.self) }
}
