import Primitives

/// A `$` reference cannot be replaced. It says what is wrong with it, never the text around it.
package struct InterpolationError: Explainable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// `${` without a name, an operator or an end.
    case malformed
    /// `${NAME:?…}` or `${NAME?…}`, and NAME is not set.
    case required(String)
    case tooDeep
    case tooLong
  }

  package let kind: Kind

  package init(kind: Kind) { self.kind = kind }

  package var summary: String {
    switch kind {
    case .malformed: "'${' without a variable's name and '}'"
    case .required(let name): "variable '\(name)' has to be set"
    case .tooDeep: "more than \(Interpolation.maximumDepth) references within references"
    case .tooLong: "references grow the text beyond what is read"
    }
  }

  package var hints: [String] {
    switch kind {
    case .malformed: ["write '$$' where a '$' is meant"]
    case .required(let name): ["set '\(name)' in '.env'"]
    case .tooDeep, .tooLong: []
    }
  }
}
