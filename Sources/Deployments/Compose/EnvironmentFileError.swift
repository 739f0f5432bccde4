import Primitives

/// A `.env` file that Compose refuses too, but for the last two kinds. Whoever opened the file adds its path.
///
/// It carries the line, never what is on it: a torn value's second line stands where a name is expected, and what follows a `$` in a
/// password reads as a variable's name.
package struct EnvironmentFileError: Explainable, Equatable {
  package enum Kind: Sendable, Equatable {
    case character
    case spaceInName
    case exportWithoutName
    case openQuote
    case malformedReference
    case unsetRequired
    case tooDeep
    case tooLong
  }

  package let kind: Kind
  /// Counted from 1; where the variable's name begins.
  package let line: Int

  package init(kind: Kind, line: Int) {
    self.kind = kind
    self.line = line
  }

  package var summary: String { "line \(line): \(problem)" }

  package var problem: String {
    switch kind {
    case .character: "a character that a variable's name cannot have"
    case .spaceInName: "a variable's name with a space in it"
    case .exportWithoutName: "'export' without a variable's name"
    case .openQuote: "a quote that is not closed"
    case .malformedReference: "'${' without a variable's name and '}'"
    case .unsetRequired: "a reference to a variable that has to be set and is not ('${NAME:?…}')"
    case .tooDeep: "more than \(Interpolation.maximumDepth) references within references"
    case .tooLong: "values of more than \(EnvironmentFile.maximumSize >> 20) MiB"
    }
  }

  package var hints: [String] {
    switch kind {
    case .character, .spaceInName: ["is it the second line of a value? values of more lines need quotes"]
    case .malformedReference: ["write '$$' where a '$' is meant, or put the value in single quotes"]
    case .exportWithoutName, .openQuote, .unsetRequired, .tooDeep, .tooLong: []
    }
  }
}

extension EnvironmentFileError {
  init(_ error: InterpolationError, line: Int) {
    let kind: Kind =
      switch error.kind {
      case .malformed: .malformedReference
      case .required: .unsetRequired
      case .tooDeep: .tooDeep
      case .tooLong: .tooLong
      }
    self.init(kind: kind, line: line)
  }
}
