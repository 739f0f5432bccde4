import Backup
import Deployments
import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

/// Whichever call to a store fails during a backup, nothing that was there is harmed.
struct BackupFaultTests {
  private static let password = "secret of this test"

  private var surroundings: Surroundings {
    Surroundings(
      hostname: "here", username: "tester", processID: Int(getpid()), random: .system,
      now: {
        let now = Date().timeIntervalSince1970
        return Timestamp(seconds: Int(now), nanoseconds: Int((now - now.rounded(.down)) * 1e9))
      },
      sleep: { if $0 > .seconds(1) { try await Task.sleep(for: $0) } }, isRunning: { _ in true })
  }

  /// Opens the stores and backs up one day of the bundled deployment.
  private func backup(_ day: String, to stores: [any BlobStore]) async throws -> BackupReport {
    let data = FilePath(try Corpora.folder(Corpora.growth).appending(path: day).path)
    var copies: [Repository] = []
    for store in stores {
      if let copy = try? await Repository.open(store, password: Self.password, surroundings: surroundings) { copies.append(copy) }
    }
    guard !copies.isEmpty else { throw StoreError(.unreachable, "no store opens") }
    let deployment = Deployment(name: "cht", nodes: [CouchNodeSource(dataFolder: data)], indexes: .leaveOut)
    return try await BackupRun(
      of: deployment, to: copies, surroundings: surroundings,
      options: .init(descriptorLimit: 4096, programVersion: "test"), progress: BackupProgress()
    ).run { [now = surroundings.now] in try await FoundNodes(in: deployment, now: now) }
  }

  private func newStores(_ count: Int) async throws -> [MemoryStore] {
    let stores = (0..<count).map { MemoryStore(address: "store \($0)") }
    _ = try await Repository.create(
      in: stores, password: Self.password, surroundings: surroundings, parameters: ScryptParameters(n: 16, r: 1, p: 1))
    return stores
  }

  /// Every listed snapshot is whole, and there are at least `count`.
  private func expectSound(_ store: MemoryStore, snapshots count: Int, _ message: String) async throws {
    let copy = try await Repository.open(store, password: Self.password, surroundings: surroundings)
    let report = try await RepositoryCheck(copy, reading: .all).run()
    #expect(report.isSound, "\(message): \(report.findings.map(\.message))")
    #expect(report.snapshots >= count, "\(message)")
  }

  @Test(arguments: [false, true])
  func `whichever call fails, the earlier snapshot is whole and the next backup works`(afterwards: Bool) async throws {
    var call = 1
    var failures = 0
    while true {
      let store = try await newStores(1)[0]
      _ = try await backup("day1", to: [store])
      let faulty = FaultyStore(store, failingCall: call, afterwards: afterwards)
      do {
        _ = try await backup("day2", to: [faulty])
      } catch {
        failures += 1
      }
      try await expectSound(store, snapshots: 1, "call \(call)")
      _ = try await backup("day2", to: [store])
      try await expectSound(store, snapshots: 2, "call \(call), after the next backup")
      if faulty.calls < call { break }
      call += 1
    }
    #expect(call > 10, "the backup made only \(call) calls")
    #expect(failures > 5)
  }

  @Test func `whichever call fails at one location, the other has the snapshot`() async throws {
    var call = 1
    while true {
      let stores = try await newStores(2)
      _ = try await backup("day1", to: stores)
      let faulty = FaultyStore(stores[0], failingCalls: call...Int.max)

      let report = try await backup("day2", to: [faulty, stores[1]])

      #expect(report.completed.contains("store 1"), "call \(call)")
      try await expectSound(stores[1], snapshots: 2, "call \(call)")
      try await expectSound(stores[0], snapshots: 1, "call \(call)")
      let healed = try await backup("day2", to: stores)
      #expect(healed.isComplete, "call \(call)")
      for store in stores { try await expectSound(store, snapshots: 3, "call \(call), caught up") }
      if faulty.calls < call { break }
      call += 1
    }
    #expect(call > 10)
  }
}
