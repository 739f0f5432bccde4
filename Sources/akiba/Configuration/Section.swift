import SystemPackage
import Yams

/// A mapping of the configuration file, read strictly: a key that nobody reads is a mistake somebody made.
struct Section {
  let file: FilePath
  private let name: String
  let line: Int?
  private let mapping: Node.Mapping

  init(_ node: Node, named name: String, in file: FilePath, keys: [String]) throws {
    self.file = file
    self.name = name
    line = node.mark?.line
    guard let mapping = node.mapping else {
      throw ConfigurationError(path: file, line: line, problem: "\(name) has to be a list of 'key: value' lines")
    }
    self.mapping = mapping
    for (key, _) in mapping {
      let text = key.string ?? "?"
      guard !keys.contains(text) else { continue }
      throw ConfigurationError(
        path: file, line: key.mark?.line, problem: "unknown key '\(text)' in \(name)", hints: ["it knows: \(keys.joined(separator: ", "))"])
    }
  }

  /// - Parameter key: whose line is named, if it is there; else the section's.
  func error(_ problem: String, at key: String? = nil, hints: [String] = []) -> ConfigurationError {
    ConfigurationError(path: file, line: key.flatMap { node($0)?.mark?.line } ?? line, problem: problem, hints: hints)
  }

  func node(_ key: String) -> Node? {
    guard let node = mapping[Node(key)], node.null == nil else { return nil }
    return node
  }

  func textIfPresent(_ key: String) throws -> String? {
    guard let node = node(key) else { return nil }
    guard let text = node.scalar?.string, !text.isEmpty else { throw at(node, "'\(key)' has to be a text") }
    return text
  }

  func text(_ key: String) throws -> String {
    guard let text = try textIfPresent(key) else { throw error("'\(key)' is missing in \(name)") }
    return text
  }

  func pathIfPresent(_ key: String) throws -> FilePath? {
    guard let text = try textIfPresent(key) else { return nil }
    guard FilePath(text).isAbsolute else { throw error("'\(key)' has to be an absolute path, not '\(text)'", at: key) }
    return FilePath(text).lexicallyNormalized()
  }

  func path(_ key: String) throws -> FilePath {
    guard let path = try pathIfPresent(key) else { throw error("'\(key)' is missing in \(name)") }
    return path
  }

  func list(_ key: String) throws -> [Node] {
    guard let node = node(key) else { return [] }
    guard let sequence = node.sequence else { throw at(node, "'\(key)' has to be a list") }
    return Array(sequence)
  }

  func texts(_ key: String) throws -> [String]? {
    guard node(key) != nil else { return nil }
    return try list(key).map { item in
      guard let text = item.scalar?.string else { throw at(item, "'\(key)' has to be a list of texts") }
      return text
    }
  }

  func paths(_ key: String) throws -> [FilePath] {
    try (texts(key) ?? []).map { text in
      guard FilePath(text).isAbsolute else { throw error("'\(key)' has to hold absolute paths, not '\(text)'", at: key) }
      return FilePath(text).lexicallyNormalized()
    }
  }

  private func at(_ node: Node, _ problem: String) -> ConfigurationError {
    ConfigurationError(path: file, line: node.mark?.line, problem: problem)
  }
}

extension YamlError {
  var line: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  var problem: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
    case .duplicatedKeysInMapping(let keys, _): "given twice: \(keys.map { "'\($0)'" }.joined(separator: ", "))"
    default: "cannot be read"
    }
  }
}
