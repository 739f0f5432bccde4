import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import Testing

/// On a server each snapshot is a round trip, and a host that backs up every 15 minutes has thousands.
struct SnapshotListTests {
  private static let snapshots = 40

  @Test func `several are fetched at the same time, each once, and come oldest first`() async throws {
    let store = MemoryStore()
    let repository = try await newRepository(in: store)[0]
    try await PackWriter.run(to: [repository], indexes: [RepositoryIndex()]) { writer in
      let root = try await writer.save(Tree([])).id
      _ = try await writer.finish()
      for number in 0..<Self.snapshots {
        var snapshot = snapshot(of: root)
        snapshot.time = Timestamp(seconds: 1_700_000_000 + number * 7 % Self.snapshots, nanoseconds: 0)
        _ = try await writer.save(snapshot)
      }
    }
    let damaged = try #require(store.names(of: .snapshot).first).name
    store.overwrite(damaged, with: [1, 2, 3])
    let recording = RecordingStore(store)
    let crowd = Crowd()

    let list = try await repository.with(store: SlowStore(recording, sleep: crowd.pass)).snapshots()

    #expect(list.snapshots.count == Self.snapshots - 1 && list.damaged.map(\.name) == [damaged])
    #expect(zip(list.snapshots, list.snapshots.dropFirst()).allSatisfy { $0.snapshot.time < $1.snapshot.time })
    #expect(recording.calls.count == Self.snapshots + 1)
    #expect((2...16).contains(crowd.most), "\(crowd.most)")
  }
}

/// Counts how many calls wait at the same time: each waits for a second one, but not for long.
private final class Crowd: Sendable {
  private let counts = Mutex((now: 0, most: 0))

  var most: Int { counts.withLock { $0.most } }

  @Sendable func pass(_: Duration) async throws {
    counts.withLock { counts in
      counts.now += 1
      counts.most = max(counts.most, counts.now)
    }
    defer { counts.withLock { $0.now -= 1 } }
    for _ in 0..<20 where most < 2 { try await Task.sleep(for: .milliseconds(1)) }
  }
}
