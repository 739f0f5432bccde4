/// A scalar of a compose file, as it is written and as it is meant.
package struct ComposeText: Sendable, Equatable {
  package let raw: String
  /// Interpolated. Nil if it cannot be: a variable that has to be set is not, or a reference is damaged.
  package let resolved: String?
  /// Names that were replaced by nothing. The text is then hardly the one the containers were made with.
  package let unset: [String]
  package let problem: InterpolationError?
  /// Counted from 1.
  package let line: Int

  package init(raw: String, line: Int, limit: Int = Interpolation.defaultLimit, lookup: (String) -> String?) {
    self.raw = raw
    self.line = line
    do {
      let result = try Interpolation(of: raw, limit: limit, lookup: lookup)
      (resolved, unset, problem) = (result.text, result.unset, nil)
    } catch {
      (resolved, unset, problem) = (nil, error.missing, error)
    }
  }
}

extension InterpolationError {
  fileprivate var missing: [String] {
    if case .required(let name) = kind { [name] } else { [] }
  }
}
