import SystemPackage
import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// The policy against stock restic's `forget`, over random sets in several time zones.
struct RetentionPolicyTests {
  /// What restic says about the snapshots of one host.
  private struct Group: Decodable {
    struct Reason: Decodable { let matches: [String] }

    struct Listed: Decodable { let id: String }

    let host: String
    let keep: [Listed]?
    let reasons: [Reason]?

    var rules: [String: Set<String>] {
      let pairs = zip(keep ?? [], reasons ?? []).map { ($0.id, Set($1.matches.map(RetentionPolicyTests.plain))) }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }

  /// One repository holds all sets, each as a host of its own: so restic judges all of them in one process a policy.
  @Test func `200 random sets under 8 policies are judged as stock restic judges them`() async throws {
    try await withTemporaryFolder { folder in
      let seed: UInt64 = 41
      var random = SeededRandom(seed: seed)
      let now = Date()
      let repository = folder.appending("repo").string
      let snapshots = try await Self.writeSets(200, &random, before: now, to: repository)
      let moment = Timestamp(seconds: Int(now.timeIntervalSince1970))

      // Versions from 0.17 on keep the oldest while a count is not used up, as we do; earlier ones do not.
      var differing = [0, 0]
      var removed = 0
      for (policy, arguments) in Self.policies {
        let retention = try Retention(of: snapshots, Retention.Wishes(policy: policy), now: moment)
        removed += retention.removed.count
        let output = try StockRestic(repository: repository)
          .run(["forget", "--dry-run", "--json", "--group-by", "host"] + arguments).output
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("[") })
        let groups = try JSONDecoder().decode([Group].self, from: Data(line.utf8))
        #expect(groups.count == 200)
        for (variant, isOldestKept) in [false, true].enumerated() {
          let ours = Self.rules(retention, isOldestKept: isOldestKept)
          differing[variant] += groups.count { ours[$0.host] != $0.rules }
        }
      }
      #expect(differing.contains(0), "differing sets, without and with the oldest: \(differing), seed \(seed)")
      #expect(removed > 2000, "policies that keep everything show nothing: \(removed)")
    }
  }

  /// Written in memory first: nobody needs so many snapshots to survive a power cut.
  private static func writeSets(
    _ count: Int, _ random: inout SeededRandom, before now: Date, to folder: String
  ) async throws -> [StoredSnapshot] {
    let store = MemoryStore()
    let copy = try await newRepository(in: store)[0]
    try await writeSnapshot(of: [SampleFile("a", [1])], to: [copy])
    let first = try #require(try await copy.snapshots().snapshots.first)
    try store.remove(.snapshot(first.id))
    for host in 0..<count {
      for time in times(&random, before: now) {
        let snapshot = Snapshot(
          time: time, tree: first.snapshot.tree, paths: ["/"], hostname: "h\(host)", username: "u", tags: ["akiba"])
        let object = copy.seal(snapshot.encode(), as: .snapshot)
        try store.put(object.bytes, as: object.name)
      }
    }
    for (name, bytes) in store.contents {
      let file = URL(filePath: folder).appending(path: name.path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
    try FileManager.default.createDirectory(atPath: folder + "/locks", withIntermediateDirectories: true)
    return try await copy.snapshots().snapshots
  }

  /// Rules that keep a snapshot, by host and id.
  private static func rules(_ retention: Retention, isOldestKept: Bool) -> [String: [String: Set<String>]] {
    var rules: [String: [String: Set<String>]] = [:]
    for entry in retention.entries {
      let names = Set(entry.reasons.compactMap { $0.asRestic(isOldestKept: isOldestKept) })
      if !names.isEmpty { rules[entry.stored.snapshot.hostname, default: [:]][entry.stored.id.hex] = names }
    }
    return rules
  }

  private static let policies: [(RetentionPolicy, [String])] = [
    (RetentionPolicy(last: 3), ["--keep-last", "3"]),
    (RetentionPolicy([.hourly: 4]), ["--keep-hourly", "4"]),
    (RetentionPolicy([.daily: 3]), ["--keep-daily", "3"]),
    (RetentionPolicy([.weekly: 4]), ["--keep-weekly", "4"]),
    (RetentionPolicy([.monthly: 5]), ["--keep-monthly", "5"]),
    (RetentionPolicy([.yearly: 2]), ["--keep-yearly", "2"]),
    (RetentionPolicy(within: CalendarSpan(months: 1, days: 3, hours: 5)), ["--keep-within", "1m3d5h"]),
    (
      RetentionPolicy(last: 2, within: CalendarSpan(days: 1), [.hourly: 3, .daily: 5, .weekly: 3, .monthly: 4, .yearly: 3]),
      [
        "--keep-last", "2", "--keep-within", "1d", "--keep-hourly", "3", "--keep-daily", "5", "--keep-weekly", "3", "--keep-monthly", "4",
        "--keep-yearly", "3",
      ]
    ),
  ]

  /// Up to a dozen moments: some close together, some years apart, around midnights and turns of the year, in clocks of several zones.
  private static func times(_ random: inout SeededRandom, before now: Date) -> [Timestamp] {
    let spread = [3600, 86_400, 30 * 86_400, 900 * 86_400][Int.random(in: 0..<4, using: &random)]
    let zones = [[0], [10_800], [0, 10_800], [-34_200, 20_700, 50_400]][Int.random(in: 0..<4, using: &random)]
    let turn = Int.random(in: 0..<3, using: &random) == 0
    let end = turn ? 1_704_067_200 + spread / 2 : Int(now.timeIntervalSince1970) - 100
    return (0..<Int.random(in: 1...12, using: &random)).map { _ in
      // Whole seconds apart: restic orders equal moments by chance.
      Timestamp(
        seconds: end - Int.random(in: 0..<spread, using: &random), nanoseconds: Int.random(in: 0..<1_000_000_000, using: &random),
        offsetSeconds: zones.randomElement(using: &random) ?? 0)
    }
  }

  /// Later versions say "oldest daily snapshot" where earlier ones say "daily snapshot".
  fileprivate static func plain(_ match: String) -> String {
    match.hasPrefix("within") ? "within" : match.replacing("oldest ", with: "").replacing(" snapshot", with: "")
  }
}

extension KeepReason {
  fileprivate func asRestic(isOldestKept: Bool) -> String? {
    switch self {
    case .last: "last"
    case .within: "within"
    case .periodic(let period): period.rawValue
    case .oldest(let period): isOldestKept ? period.rawValue : nil
    default: nil
    }
  }
}
