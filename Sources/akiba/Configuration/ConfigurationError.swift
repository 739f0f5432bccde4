import Primitives
import SystemPackage

/// The configuration cannot be used: which file, which line, what is wrong.
struct ConfigurationError: Explainable {
  let path: FilePath
  let line: Int?
  let problem: String
  var hints: [String] = []

  var summary: String {
    let place = line.map { "line \($0) of configuration '\(path)'" } ?? "configuration '\(path)'"
    return "\(place): \(problem)"
  }
}
