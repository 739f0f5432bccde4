import CouchFormat
import Foundation
import Primitives
import Testing

/// How fast the proof is; run with `AKIBA_MEASURE=1 swift test -c release --filter ProofSpeed`.
struct ProofSpeedTests {
  @Test(.enabled(if: ProcessInfo.processInfo.environment["AKIBA_MEASURE"] != nil), arguments: Subjects.large)
  func `one core proves at least 30 MB a second`(_ corpus: Corpus) throws {
    let files = try corpus.files()
    var databases = (bytes: 0, time: Duration.zero)
    var views = (bytes: 0, time: Duration.zero)
    for _ in 0..<3 {
      for (path, source) in files {
        let start = ContinuousClock.now
        let header = try #require(try HeaderSearch.newest(in: source))
        if header.view != nil {
          _ = try ViewProof.run(source, header, signature: nil)
          views = (views.bytes + source.byteCount, views.time + (ContinuousClock.now - start))
        } else {
          _ = try DatabaseProof.run(source, header, range: ShardPath(path)?.range)
          databases = (databases.bytes + source.byteCount, databases.time + (ContinuousClock.now - start))
        }
      }
    }
    let speed = Double(databases.bytes + views.bytes) / 1e6 / ((databases.time + views.time) / .seconds(1))
    print("\(corpus.name): databases \(rate(databases)) MB/s, views \(rate(views)) MB/s, together \(Int(speed)) MB/s")
    #expect(speed > 30)
  }

  private func rate(_ measured: (bytes: Int, time: Duration)) -> Int {
    Int(Double(measured.bytes) / 1e6 / (measured.time / .seconds(1)))
  }
}
