/// What the machine can do, and how far from it akiba is.
package struct LimitsText {
  private let results: Results

  package init(_ results: Results) { self.results = results }

  package var text: String? {
    guard let limits = results.limits else { return nil }
    var table = MarkdownTable(["one core, or the disk", "MB/s", "bytes for each of the source"])
    for part in limits.parts + [limits.writing] {
      table.add([part.name, Wording.number(part.bytesPerSecond / 1e6), Wording.number(part.share)])
    }
    let direct = limits.directReading.map { Wording.number($0 / 1e6) } ?? "not measured: the disk refuses O_DIRECT"
    table.add(["reading past the page cache", direct, "1.00"])
    return (["## What this machine can do\n\n" + table.text + "\n"] + distances(limits)).joined(separator: "\n")
  }

  private func distances(_ limits: MachineLimits) -> [String] {
    let bound = limits.firstBackup(cores: results.cores)
    return Shape.allCases.compactMap { shape in
      guard let bytes = results.changes(shape, .loaded)?.bytes, let seconds = results.median(shape, .first, .akiba, \.wallSeconds) else {
        return nil
      }
      let speed = Double(bytes) / seconds
      return
        "- First backup, shape \(shape.rawValue): \(Wording.number(speed / 1e6)) MB/s. The parts alone on \(results.cores) cores: "
        + "\(Wording.number(bound / 1e6)) MB/s, of which this is \(Wording.number(100 * speed / bound)) %."
    }
  }
}
