/// The shape of every error people see: what happened and to which thing, then what to do next.
///
/// Each module has one error struct that conforms; only the command line prints it or picks an exit code.
package protocol Explainable: Error, CustomStringConvertible {
  /// Lower case, no full stop, names in quotes, numbers with units, never a secret.
  var summary: String { get }
  /// What to try next, most likely first. May be empty.
  var hints: [String] { get }
}

extension Explainable {
  package var description: String { ([summary] + hints.map { "hint: \($0)" }).joined(separator: "\n") }
}
