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

/// Several locations, and not all of them equal.
struct LocationsTests {
  private static let password = "secret of this test"

  private func surroundings(later seconds: Int = 0) -> Surroundings {
    Surroundings(
      hostname: "here", username: "tester", processID: Int(getpid()), random: .system,
      now: { Timestamp(seconds: Int(Date().timeIntervalSince1970) + seconds) },
      sleep: { if $0 > .seconds(1) { try await Task.sleep(for: $0) } }, isRunning: { _ in true })
  }

  private func newCopies(_ stores: [MemoryStore]) async throws -> [Repository] {
    try await Repository.create(
      in: stores, password: Self.password, surroundings: surroundings(), parameters: ScryptParameters(n: 16, r: 1, p: 1))
  }

  private func backup(
    _ day: String, to copies: [Repository], later seconds: Int = 0, progress: BackupProgress = BackupProgress()
  ) async throws -> BackupReport {
    let data = FilePath(try Corpora.folder(Corpora.growth).appending(path: day).path)
    let deployment = Deployment(name: "cht", nodes: [CouchNodeSource(dataFolder: data)], indexes: .leaveOut)
    return try await BackupRun(
      of: deployment, to: copies,
      surroundings: surroundings(later: seconds), options: .init(descriptorLimit: 4096, programVersion: "test"), progress: progress
    ).run { [now = surroundings(later: seconds).now] in try await FoundNodes(in: deployment, now: now) }
  }

  @Test func `the source is read once for three locations, and a slow one gets the snapshot after it is closed`() async throws {
    let alone = try await backup("day1", to: try await newCopies([MemoryStore()]))
    let stores = ["usb", "s3", "nas"].map { MemoryStore(address: $0) }
    let opened = try await newCopies(stores)
    let progress = BackupProgress()
    let slow = opened[1].with(
      store: SlowStore(
        stores[1],
        sleep: { _ in
          // Locks and lists come through; nothing is written until everything else is done.
          while progress.current.phase == .copying || progress.current.phase == .finishing { try await Task.sleep(for: .milliseconds(1)) }
        }))

    let report = try await backup("day1", to: [opened[0], slow, opened[2]], progress: progress)

    #expect(report.bytesRead == alone.bytesRead && report.bytesRead > 100_000)
    #expect(report.isComplete && report.completed == ["usb", "s3", "nas"])
    #expect(try #require(report.fellBehind["s3"]) > 100_000)
    #expect(stores[0].contents == stores[1].contents && stores[0].contents == stores[2].contents)
  }

  @Test func `a slow location that fails at the end is a partial result`() async throws {
    let stores = ["usb", "s3"].map { MemoryStore(address: $0) }
    let opened = try await newCopies(stores)
    let progress = BackupProgress()
    let slow = opened[1].with(
      store: SlowStore(
        stores[1],
        sleep: { _ in
          while progress.current.phase == .copying || progress.current.phase == .finishing { try await Task.sleep(for: .milliseconds(1)) }
          if progress.current.phase == .completing { throw StoreError(.full, "the bucket is full") }
        }))

    let report = try await backup("day1", to: [opened[0], slow], progress: progress)

    #expect(!report.isComplete && report.completed == ["usb"] && report.failures.map(\.address) == ["s3"])
    #expect(stores[1].names(of: .snapshot).isEmpty && stores[0].names(of: .snapshot).count == 1)
    #expect(try await backup("day1", to: opened).isComplete)
  }

  @Test func `a location that was away gets the last snapshot meanwhile, though an older one is dated in the future`() async throws {
    let stores = ["usb", "s3"].map { MemoryStore(address: $0) }
    let copies = try await newCopies(stores)
    _ = try await backup("day1", to: copies, later: 10 * 365 * 86_400)
    let second = try await backup("day2", to: [copies[0]])

    let third = try await backup("day2", to: copies)

    #expect(third.isComplete)
    #expect(try #require(third.caughtUp["s3"]) > 10_000)
    #expect(third.manifest.totals == second.manifest.totals)
    #expect(third.filesReused > 0 && third.filesGrown == 0 && third.filesNew == 0, "\(third.filesGrown) \(third.filesNew)")
    #expect(third.stored.newBytes < 100_000, "\(third.stored.newBytes)")
    #expect(try await copies[1].snapshots().snapshots.contains { $0.id == second.snapshot })
    for copy in copies {
      let report = try await RepositoryCheck(copy, reading: .all).run()
      #expect(report.isSound, "\(report.findings)")
    }
  }
}
