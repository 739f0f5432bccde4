import Primitives

/// Why the benchmark cannot go on.
package struct BenchError: Explainable {
  package let summary: String
  package let hints: [String]

  package init(_ summary: String, hints: [String] = []) {
    self.summary = summary
    self.hints = hints
  }
}
