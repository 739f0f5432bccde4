import Yams

/// YAML with its aliases not yet followed, so that neither reading nor freeing it takes more than its own size.
///
/// Yams puts a copy of the anchored part in an alias's place: shared memory, but a chain of anchors becomes a tree as deep as the file is long,
/// and an alias in a key is hashed with all it leads to. So every `*` is another character while Yams reads (one that the text does not
/// hold); a plain scalar that begins with it is an alias, and everywhere else it is put back.
///
/// libyaml refuses more than 1000 levels.
struct ComposeDocument {
  let root: Value
  private let anchored: [Value]

  indirect enum Value {
    case scalar(Scalar)
    case sequence([Value], line: Int)
    case mapping([(key: Value, value: Value)], line: Int)
    /// An index into what is anchored, always below the alias's own place in the document.
    case alias(Int)
  }

  struct Scalar {
    let text: String
    /// Not quoted: `~` and `null` are nothing, `<<` merges.
    let isPlain: Bool
    let line: Int
  }

  /// How many parts a reader visits at most, aliases followed. Large compose files have a few thousand.
  static let maximumVisits = 200_000
  /// More merge keys within merged mappings are refused, for the stack's sake.
  static let maximumMergeDepth = 64

  init(_ text: String) throws(ComposeFileError) {
    let standIns: [Unicode.Scalar] = ["\u{E000}", "\u{E001}", "\u{E002}", "\u{E003}"]
    guard let standIn = standIns.first(where: { !text.unicodeScalars.contains($0) }) else {
      throw ComposeFileError(kind: .notYAML, line: nil)
    }
    // A parser keeps the anchors alive that nodes point to.
    let parser: Parser
    let node: Node?
    do {
      parser = try Parser(yaml: text.replacing("*", with: String(Character(standIn))), resolver: .basic, encoding: .utf8)
      // Compose merges further documents of one file into the first. Nobody is known to write such; they are passed over.
      node = try parser.nextRoot()
    } catch {
      throw ComposeFileError(kind: .notYAML, line: (error as? YamlError)?.lineIfKnown)
    }
    guard let node else { throw ComposeFileError(kind: .notCompose, line: nil) }
    var reading = NodeReading(standIn: standIn)
    root = try withExtendedLifetime(parser) { () throws(ComposeFileError) in try reading.value(node) }
    anchored = reading.anchored
  }

  /// What an alias stands for, else the value itself.
  func followed(_ value: Value) -> Value {
    if case .alias(let index) = value { anchored[index] } else { value }
  }
}

/// Yams's nodes as values, aliases as numbers.
private struct NodeReading {
  let standIn: Unicode.Scalar
  var anchored: [ComposeDocument.Value] = []
  private var numbers: [String: Int] = [:]

  init(standIn: Unicode.Scalar) { self.standIn = standIn }

  mutating func value(_ node: Node) throws(ComposeFileError) -> ComposeDocument.Value {
    let value = try unanchored(node)
    // Known only now: a part cannot hold itself.
    if let anchor = node.anchor {
      numbers[anchor.rawValue] = anchored.count
      anchored.append(value)
    }
    return value
  }

  private mutating func unanchored(_ node: Node) throws(ComposeFileError) -> ComposeDocument.Value {
    let line = node.mark?.line ?? 0
    switch node {
    case .scalar(let scalar): return try self.scalar(scalar, line)
    case .sequence(let sequence):
      var values: [ComposeDocument.Value] = []
      for item in sequence { values.append(try value(item)) }
      return .sequence(values, line: line)
    case .mapping(let mapping):
      var pairs: [(key: ComposeDocument.Value, value: ComposeDocument.Value)] = []
      for (key, item) in mapping { pairs.append((try value(key), try value(item))) }
      return .mapping(pairs, line: line)
    case .alias: throw ComposeFileError(kind: .notYAML, line: line)
    }
  }

  private func scalar(_ scalar: Node.Scalar, _ line: Int) throws(ComposeFileError) -> ComposeDocument.Value {
    let isPlain = scalar.style == .plain
    if isPlain, scalar.string.unicodeScalars.first == standIn {
      guard let number = numbers[String(scalar.string.unicodeScalars.dropFirst())] else {
        throw ComposeFileError(kind: .notYAML, line: line)
      }
      return .alias(number)
    }
    let text = scalar.string.replacing(String(Character(standIn)), with: "*")
    return .scalar(ComposeDocument.Scalar(text: text, isPlain: isPlain, line: line))
  }
}

extension YamlError {
  fileprivate var lineIfKnown: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }
}
