import Benchmarking
import Testing

struct StatisticsTests {
  @Test(arguments: [([], nil), ([3], 3), ([9, 1, 2], 2), ([4, 1, 2, 100], 3)] as [([Double], Double?)])
  func `the median is the middle one`(_ values: [Double], _ median: Double?) {
    #expect(Statistics.median(values) == median)
  }

  @Test func `a ratio is taken within each round`() {
    // The second round was slow for both: of the medians the ratio would be 1.
    let ratio = Statistics.pairedRatio([1: 1, 2: 20, 3: 2, 4: 7], [1: 2, 2: 40, 3: 1])

    #expect(ratio == 0.5)
  }

  @Test func `runs that failed are no figures`() {
    var results = Results()
    results.runs = [
      Run(shape: .many, round: 1, step: .first, tool: .akiba, wallSeconds: 1),
      Run(shape: .many, round: 1, step: .first, tool: .restic, wallSeconds: 2),
      Run(shape: .many, round: 2, step: .first, tool: .akiba, wallSeconds: 0.001, failure: "exit code 1"),
      Run(shape: .many, round: 2, step: .first, tool: .restic, wallSeconds: 2),
    ]

    #expect(results.median(.many, .first, .akiba, \.wallSeconds) == 1)
    #expect(results.ratio(.many, .first, to: .restic, \.wallSeconds) == 0.5)
    #expect(results.failures.count == 1)
  }
}
