import Primitives
import Repositories
import ResticFormat
import TestSupport
import Testing

/// The rules beyond restic's: what no policy removes.
struct RetentionTests {
  private static let now = Timestamp(seconds: 1_790_000_000)
  private static let own = [SnapshotTag.own, SnapshotTag.deployment("cht")]

  /// A snapshot taken so many days ago.
  private func snapshot(
    _ days: Double, _ tags: [String] = own, host: String = "h", parent: ContentID? = nil, original: ContentID? = nil
  ) -> StoredSnapshot {
    let time = Self.now.advanced(by: .seconds(-days * 86400))
    var snapshot = Snapshot(
      time: time, parent: parent, tree: ContentID(hashing: []), paths: ["/"], hostname: host, username: "u", tags: tags)
    snapshot.original = original
    return StoredSnapshot(id: ContentID(hashing: Array("\(days) \(tags) \(host)".utf8)), snapshot: snapshot)
  }

  private func days(_ snapshots: [StoredSnapshot]) -> [Double] {
    snapshots.map { Double(($0.snapshot.time.duration(to: Self.now) / .seconds(864)).rounded()) / 100 }
  }

  private func removed(_ snapshots: [StoredSnapshot], _ wishes: Retention.Wishes) throws -> [Double] {
    days(try Retention(of: snapshots.sorted { $0.snapshot.time < $1.snapshot.time }, wishes, now: Self.now).removed)
  }

  private func wishes(
    _ policy: RetentionPolicy, proven: Set<ContentID> = [], forgotten: Set<ContentID> = []
  ) -> Retention.Wishes {
    Retention.Wishes(policy: policy, tags: Set(Self.own), proven: proven, forgotten: forgotten)
  }

  @Test func `without a policy nothing goes`() throws {
    #expect(try removed((1...20).map { snapshot(Double($0)) }, wishes(RetentionPolicy())) == [])
  }

  @Test func `what others wrote is never removed, and does not count`() throws {
    let others = [
      snapshot(0.1, []), snapshot(0.2, ["akiba"]), snapshot(0.3, ["akiba", SnapshotTag.deployment("other")]), snapshot(90, ["borg"]),
    ]

    #expect(try removed(others + [snapshot(1), snapshot(2), snapshot(3)], wishes(RetentionPolicy(last: 2))) == [3])
  }

  @Test func `each host is judged alone`() throws {
    let snapshots = (1...3).map { snapshot(Double($0)) } + (1...3).map { snapshot(Double($0) + 100, host: "old host") }

    #expect(try removed(snapshots, wishes(RetentionPolicy(last: 2))) == [103, 3])
  }

  @Test func `pinned and proven snapshots stay`() throws {
    let snapshots = (1...6).map { snapshot(Double($0), $0 == 5 ? Self.own + [SnapshotTag.pinned] : Self.own) }

    #expect(try removed(snapshots, wishes(RetentionPolicy(last: 1), proven: [snapshots[3].id])) == [6, 3, 2])
  }

  @Test func `a proven snapshot that was tagged since is known by its first id`() throws {
    let first = ContentID(hashing: [1])
    let snapshots = [snapshot(1), snapshot(2), snapshot(3, original: first)]

    #expect(try removed(snapshots, wishes(RetentionPolicy(last: 1), proven: [first])) == [2])
  }

  @Test func `marked snapshots push out none that is not marked`() throws {
    let marked = Self.own + [SnapshotTag.suspect]
    let sound = (60...80).map { snapshot(Double($0)) }
    let policy = RetentionPolicy(last: 2, within: CalendarSpan(days: 3), [.daily: 5])
    let alone = Set(try removed(sound, wishes(policy)))

    let snapshots = sound + (0..<60).map { snapshot(Double($0) + 0.5, marked) }
    let goes = try removed(snapshots, wishes(policy))

    #expect(Set(goes).filter { $0 >= 60 } == alone)
    #expect(goes.filter { $0 < 60 }.count == 55, "of 60 days with marked ones only, 5 have one that stays")
    #expect(!goes.contains(0.5))
  }

  @Test func `in a day that has an unmarked one no marked one stays for that day`() throws {
    let marked = Self.own + [SnapshotTag.suspect]

    #expect(try removed([snapshot(1.0), snapshot(0.9, marked), snapshot(2)], wishes(RetentionPolicy([.daily: 2]))) == [0.9])
  }

  @Test func `the newest that is not marked stays, whatever the policy says`() throws {
    let marked = Self.own + [SnapshotTag.suspect]
    let snapshots = [snapshot(1, marked), snapshot(2, marked), snapshot(300), snapshot(400)]
    let retention = try Retention(
      of: snapshots.reversed(), wishes(RetentionPolicy(within: CalendarSpan(hours: 1))), now: Self.now)

    #expect(days(retention.removed) == [400, 2])
    #expect(retention.entries.first { $0.stored.id == snapshots[2].id }?.reasons.contains(.newestSound) == true)
  }

  @Test(arguments: [-0.05, -1, -9000, 7000])
  func `a snapshot of an absurd time fills no period and is not removed`(_ days: Double) throws {
    let snapshots = [snapshot(days)] + (1...5).map { snapshot(Double($0)) }

    #expect(try removed(snapshots, wishes(RetentionPolicy(last: 2, [.yearly: 3]))) == [4, 3])
  }

  @Test func `a clock that is a little ahead is no absurd time`() throws {
    #expect(try removed([snapshot(-0.03), snapshot(1), snapshot(2)], wishes(RetentionPolicy(last: 2))) == [2])
  }

  /// The battery of the clock is empty: one day everything is from last year, each in order after the first.
  @Test func `snapshots taken after a clock went back are not taken for old ones`() throws {
    var snapshots = (10...14).map { snapshot(Double($0)) }
    var parent = snapshots[0]
    let back = (0..<4).map { number in
      let next = snapshot(400 - Double(number), parent: parent.id)
      parent = next
      return next
    }
    snapshots += back
    let retention = try Retention(
      of: snapshots.sorted { $0.snapshot.time < $1.snapshot.time }, wishes(RetentionPolicy(last: 1)), now: Self.now)

    #expect(days(retention.removed) == [14, 13, 12, 11])
    #expect(
      back.allSatisfy { gone in retention.entries.contains { $0.stored.id == gone.id && $0.reasons == [.absurdTime(.beforeItsParent)] } })
    // The one before the clock went back shows it, also when newer ones have come.
    let later = snapshots + (1...5).map { snapshot(Double($0), parent: $0 == 5 ? back[3].id : nil) }
    #expect(try removed(later, wishes(RetentionPolicy(last: 1))) == [14, 13, 12, 11, 5, 4, 3, 2])
  }

  @Test func `a snapshot named is removed, whatever the policy says`() throws {
    let snapshots = [snapshot(1), snapshot(2), snapshot(-40)]

    #expect(try removed(snapshots, wishes(RetentionPolicy(), forgotten: [snapshots[2].id, snapshots[1].id])) == [2, -40])
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let name: String
    let tags: [String]
    let days: Double
    let isProven: Bool
    let says: String

    var testDescription: String { name }
  }

  @Test(arguments: [
    Refusal(name: "pinned", tags: own + [SnapshotTag.pinned], days: 3, isProven: false, says: "pinned"),
    Refusal(name: "proven", tags: own, days: 3, isProven: true, says: "last proven"),
    Refusal(name: "newest", tags: own, days: 0.5, isProven: false, says: "newest unmarked"),
    Refusal(name: "foreign", tags: ["other"], days: 3, isProven: false, says: "not this deployment's"),
  ])
  func `a snapshot that has to stay is not removed by its name either`(_ row: Refusal) throws {
    let named = snapshot(row.days, row.tags)
    let wishes = wishes(RetentionPolicy(), proven: row.isProven ? [named.id] : [], forgotten: [named.id])

    let error = #expect(throws: RepositoryError.self) { try removed([snapshot(1), named], wishes) }

    #expect(error?.kind == .refused)
    #expect(error?.summary == "snapshot '\(named.id.short)' is not removed: \(row.says)")
    #expect(error?.hints.isEmpty == false)
  }

  @Test func `a removal that would leave nothing is refused`() throws {
    let snapshots = [snapshot(-40), snapshot(-50)]

    let error = #expect(throws: RepositoryError.self) {
      try removed(snapshots, wishes(RetentionPolicy(), forgotten: Set(snapshots.map(\.id))))
    }

    #expect(error?.summary == "nothing is removed: not one of 2 snapshots would be left")
  }

  @Test(arguments: [
    ("2 days", CalendarSpan(days: 2)), ("36 hours", CalendarSpan(hours: 36)), ("1 year 6 months", CalendarSpan(years: 1, months: 6)),
    ("1y5m7d2h", CalendarSpan(years: 1, months: 5, days: 7, hours: 2)), ("2w", CalendarSpan(days: 14)), ("7d", CalendarSpan(days: 7)),
  ])
  func `a span is read as people write it`(_ text: String, _ span: CalendarSpan) { #expect(CalendarSpan(text) == span) }

  @Test(arguments: ["", "2", "days", "0 days", "-1 day", "2 fortnights", "9999999999999999999 days", "1.5 days"])
  func `what is no span is refused`(_ text: String) { #expect(CalendarSpan(text) == nil) }
}
