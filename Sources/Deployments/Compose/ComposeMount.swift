/// One entry of a service's `volumes`.
///
/// Short: `TARGET`, `SOURCE:TARGET` or `SOURCE:TARGET:OPTIONS`, split after interpolation. Long: a mapping with `type`, `source`, `target`.
///
/// Source: compose-spec/compose-go `format/volume.go`.
package struct ComposeMount: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// A host path, as it is written; relative to the project's folder, or with `~`.
    case bind(String)
    /// A volume's key in the file's `volumes`.
    case volume(String)
    case anonymous
    case tmpfs
    /// `npipe`, `image`, `cluster` and what comes: no files of this host.
    case other(String)
    /// What it is depends on a variable that is not set, or it is damaged.
    case unresolved
  }

  package let kind: Kind
  package let target: String?
  package let isReadOnly: Bool
  /// The entry or, of a long one, its source.
  package let text: ComposeText?
  package let line: Int

  /// Reads the short form.
  package init(_ text: ComposeText) {
    self.text = text
    line = text.line
    let parts = Self.parts(text.resolved ?? text.raw)
    isReadOnly = parts.count == 3 && parts[2].split(separator: ",").contains("ro")
    switch parts.count {
    // `${DATA}:/data` without DATA: Compose refuses an empty part.
    case 1...3 where parts.contains(""), 0, 4...: (kind, target) = (.unresolved, parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil)
    case _ where text.resolved == nil: (kind, target) = (.unresolved, parts.count > 1 ? parts[1] : nil)
    case 1: (kind, target) = (.anonymous, parts[0])
    default: (kind, target) = (Self.isPath(parts[0]) ? .bind(parts[0]) : .volume(parts[0]), parts[1])
    }
  }

  init(type: String?, source: ComposeText?, target: String?, isReadOnly: Bool, line: Int) {
    text = source
    self.target = target
    self.isReadOnly = isReadOnly
    self.line = line
    let path = source?.resolved
    kind =
      switch type {
      case "tmpfs": .tmpfs
      case "bind": path.flatMap { $0.isEmpty ? nil : .bind($0) } ?? .unresolved
      case "volume" where source == nil: .anonymous
      case "volume": path.map { $0.isEmpty ? .anonymous : .volume($0) } ?? .unresolved
      case nil: path.map { Self.isPath($0) ? .bind($0) : .volume($0) } ?? .unresolved
      case let type?: .other(type)
      }
  }

  /// Splits at colons, but not inside `${…}` and not after a drive's letter.
  private static func parts(_ text: String) -> [String] {
    // Compose takes one or two bytes for a target, whatever they are.
    guard text.utf8.count > 2 else { return [text] }
    var parts: [String] = []
    var part = ""
    var open = 0
    var previous: Character?
    for character in text {
      if previous == "$", character == "{" { open += 1 }
      if character == "}", open > 0 { open -= 1 }
      if character == ":", open == 0, !(part.count == 1 && part.allSatisfy(\.isLetter)) {
        parts.append(part)
        part = ""
      } else {
        part.append(character)
      }
      previous = character
    }
    return parts + [part]
  }

  private static func isPath(_ source: String) -> Bool {
    if source.hasPrefix(".") || source.hasPrefix("/") || source.hasPrefix("~") || source.hasPrefix("\\\\") { return true }
    let start = source.prefix(2)
    return start.last == ":" && start.first?.isLetter == true
  }
}
