/// Reading a compose file's parts, with aliases followed, merge keys merged and scalars interpolated, all within bounds.
///
/// A part of another shape than asked for is nothing: Compose would refuse the file, but what else it says may still be true.
struct ComposeReader {
  typealias Value = ComposeDocument.Value

  private let document: ComposeDocument
  private var visits = 0
  /// What interpolation may still add, in bytes.
  private var growth = 8 << 20

  init(_ document: ComposeDocument) { self.document = document }

  var root: Value { document.root }

  /// A mapping's entries by key, in order.
  struct Fields {
    fileprivate(set) var keys: [String] = []
    fileprivate var values: [String: Value] = [:]
    let line: Int

    subscript(key: String) -> Value? { values[key] }

    fileprivate mutating func add(_ key: String, _ value: Value) {
      if values.updateValue(value, forKey: key) == nil { keys.append(key) }
    }
  }

  /// Entries under `<<` count where the mapping itself does not have the key; of several, the first counts.
  mutating func fields(_ value: Value?) throws(ComposeFileError) -> Fields? { try fields(value, depth: 0) }

  private mutating func fields(_ value: Value?, depth: Int) throws(ComposeFileError) -> Fields? {
    guard let value, case .mapping(let pairs, let line) = document.followed(value) else { return nil }
    guard depth <= ComposeDocument.maximumMergeDepth else { throw ComposeFileError(kind: .tooIntricate, line: line) }
    try visit(pairs.count, line)
    var fields = Fields(line: line)
    var merged: [Value] = []
    for (key, value) in pairs {
      guard case .scalar(let key) = document.followed(key) else { continue }
      if key.isPlain, key.text == "<<" { merged.append(value) } else { fields.add(key.text, value) }
    }
    for value in merged {
      let sources: [Value] = if case .sequence(let sources, _) = document.followed(value) { sources } else { [value] }
      for source in sources {
        guard let others = try self.fields(source, depth: depth + 1) else { continue }
        for key in others.keys where fields[key] == nil { fields.add(key, others[key] ?? source) }
      }
    }
    return fields
  }

  mutating func items(_ value: Value?) throws(ComposeFileError) -> [Value]? {
    guard let value, case .sequence(let items, let line) = document.followed(value) else { return nil }
    try visit(items.count, line)
    return items
  }

  /// A scalar's text, nil for `~` and `null`.
  func scalar(_ value: Value?) -> ComposeDocument.Scalar? {
    guard let value, case .scalar(let scalar) = document.followed(value) else { return nil }
    return scalar.isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.text) ? nil : scalar
  }

  mutating func text(_ value: Value?, _ lookup: (String) -> String?) throws(ComposeFileError) -> ComposeText? {
    guard let scalar = scalar(value) else { return nil }
    // Aliases can show one long scalar many times over.
    let text = ComposeText(raw: scalar.text, line: scalar.line, limit: min(Interpolation.defaultLimit, growth), lookup: lookup)
    growth -= text.resolved?.utf8.count ?? 0
    if text.problem?.kind == .tooLong { throw ComposeFileError(kind: .tooIntricate, line: scalar.line) }
    return text
  }

  func isTrue(_ value: Value?) -> Bool {
    scalar(value).map { ["true", "yes", "on", "y", "1"].contains($0.text.lowercased()) } ?? false
  }

  func line(_ value: Value) -> Int {
    switch document.followed(value) {
    case .scalar(let scalar): scalar.line
    case .sequence(_, let line), .mapping(_, let line): line
    case .alias: 0
    }
  }

  private mutating func visit(_ count: Int, _ line: Int) throws(ComposeFileError) {
    visits += count + 1
    guard visits <= ComposeDocument.maximumVisits else { throw ComposeFileError(kind: .tooIntricate, line: line) }
  }
}
