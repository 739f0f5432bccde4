import Primitives

/// A file is no compose file that can be read. Whoever opened it adds its path.
package struct ComposeFileError: Explainable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// Larger than any compose file.
    case tooLarge
    case notYAML
    /// YAML, but no mapping with `services` or `include`.
    case notCompose
    /// Aliases and merge keys that lead to more than is read, or never end.
    case tooIntricate
  }

  package let kind: Kind
  /// Counted from 1.
  package let line: Int?

  package init(kind: Kind, line: Int?) {
    self.kind = kind
    self.line = line
  }

  package var summary: String { line.map { "line \($0): \(problem)" } ?? problem }

  package var problem: String {
    switch kind {
    case .tooLarge: "larger than \(ComposeFile.maximumSize >> 10) KiB"
    case .notYAML: "not YAML"
    case .notCompose: "no compose file: it has neither 'services' nor 'include'"
    case .tooIntricate: "aliases or merge keys that lead to more than \(ComposeDocument.maximumVisits) parts"
    }
  }

  package var hints: [String] { [] }
}
