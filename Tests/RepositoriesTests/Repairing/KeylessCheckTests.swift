import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import TestSupport
import Testing

struct KeylessCheckTests {
  @Test func `without a key, every damaged object is named with kind, id, path and size`() async throws {
    let stores = try await sampleCopies()
    var damaged: [ObjectName] = []
    for kind in KeylessCheck.contentKinds {
      for (name, damage) in zip(stores[0].all(kind), [Damage.flipped, .cut, .grown]) {
        try damage.apply(to: name, in: stores[0])
        damaged.append(name)
      }
    }
    let last = Mutex<CheckProgress?>(nil)

    let report = try await KeylessCheck(stores[0]) { progress in last.withLock { $0 = progress } }.run()

    #expect(Set(report.findings.compactMap(\.name)) == Set(damaged) && !report.isSound)
    for finding in report.findings {
      let name = try #require(finding.name)
      #expect(try finding.byteCount == stores[0].size(of: name))
    }
    let objects = stores[0].kept.filter { $0.key != .config }
    #expect(report.objects == objects.count)
    #expect(report.bytesRead == objects.reduce(0) { $0 + $1.value.count })
    #expect(last.withLock { $0 }?.bytesDone == report.bytesRead)
  }

  @Test func `a sound store has no findings, and absent objects are notes but for config and keys`() async throws {
    let stores = try await sampleCopies()
    #expect(try await KeylessCheck(stores[0], siblings: [stores[1]]).run().findings.isEmpty)

    let absent = [stores[0].all(.snapshot)[0], stores[0].all(.index)[0], stores[0].all(.pack)[0]]
    for name in absent { try stores[0].remove(name) }
    let report = try await KeylessCheck(stores[0], siblings: [stores[1]]).run()
    #expect(report.isSound)
    #expect(Set(report.findings.compactMap(\.name)) == Set(absent))

    for name in [ObjectName.config, stores[0].all(.key)[0]] { try stores[0].remove(name) }
    let errors = try await KeylessCheck(stores[0], siblings: [stores[1]]).run().findings.filter { $0.severity == .error }
    #expect(Set(errors.compactMap(\.name?.kind)) == [.config, .key])
  }

  @Test func `a config that differs from the siblings' is found`() async throws {
    let stores = try await sampleCopies()
    try Damage.flipped.apply(to: .config, in: stores[0])

    let report = try await KeylessCheck(stores[0], siblings: [stores[1]]).run()

    #expect(report.findings.map(\.name) == [.config] && !report.isSound)
  }

  @Test func `a store that goes away is an error, not a list of damaged objects`() async throws {
    let store = try await sampleCopies(1)[0]
    let calls = KeylessCheck.contentKinds.count
    let gone = FaultyStore(store, failingCalls: calls + 2...Int.max)

    let error = await #expect(throws: StoreError.self) { _ = try await KeylessCheck(gone).run() }

    #expect(error?.kind == .unreachable)
  }
}
