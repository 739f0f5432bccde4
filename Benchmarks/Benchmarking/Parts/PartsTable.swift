import CouchFormat

/// Measures akiba's parts one after the other, on one core, with bytes of a corpus in memory.
package struct PartsTable {
  private let measurements: [Measurement]

  /// - Parameter filter: only those with this in their name, whatever its case.
  package init(_ series: inout Series, filter: String) throws {
    let files = try series.files(of: .loaded).values.sorted { $0.path < $1.path }
    let all = try CouchParts(files).measurements + SealingParts(files).measurements + IndexParts().measurements
    measurements = all.filter { filter.isEmpty || $0.name.lowercased().contains(filter.lowercased()) }
  }

  /// - Parameter line: told each result, as soon as it is there.
  package func run(_ line: (String) -> Void) async throws {
    for measurement in measurements { line("| \(measurement.name) | \(measurement.text(try await measurement.run())) |") }
  }
}
