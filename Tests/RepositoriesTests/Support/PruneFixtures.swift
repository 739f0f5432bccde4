import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

extension PruneLimits {
  /// As `PackWriter.Limits.small`: a few blobs make several packs and indexes.
  static var small: Self {
    var limits = Self()
    limits.packSize = 3000
    limits.blobsPerIndex = 24
    limits.smallIndexes = 4
    return limits
  }
}

/// A history as backups leave it: files of which some pieces stay and some change.
struct PruneHistory {
  let ids: [ContentID]

  /// Six snapshots, a day apart.
  init(in copies: [Repository], seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    var files = (0..<6).map { SampleFile("file \($0)", random.bytes(700), random.bytes(500), random.bytes(30)) }
    var ids: [ContentID] = []
    for day in 0..<6 {
      files[day] = SampleFile("file \(day)", random.bytes(600), files[day].blobs[1], random.bytes(900))
      let time = sampleTime.advanced(by: .seconds(day * 86400))
      ids.append(try await writeSnapshot(of: files, to: copies, time: time).id)
    }
    self.ids = ids
  }
}

/// Removes these snapshots and prunes, under a lock.
@discardableResult
func prune(
  _ copy: Repository, removing: [ContentID] = [], _ limits: PruneLimits = .small
) async throws -> (plan: PrunePlan, result: Prune.Result) {
  try await copy.withLock(.exclusive) {
    let prune = Prune(copy, removing: Set(removing), limits: limits)
    let plan = try await prune.plan()
    return PruneOutcome(plan: plan, result: try await prune.run(plan))
  }.parts
}

private struct PruneOutcome: Sendable {
  let plan: PrunePlan
  let result: Prune.Result

  var parts: (plan: PrunePlan, result: Prune.Result) { (plan, result) }
}

/// All files of these snapshots.
func contents(of ids: [ContentID], in copy: Repository) async throws -> [[[UInt8]: [UInt8]]] {
  var contents: [[[UInt8]: [UInt8]]] = []
  let list = try await copy.snapshots().snapshots
  for id in ids {
    let stored = try #require(list.first { $0.id == id }, "snapshot \(id.short) is gone")
    contents.append(try await readFiles(stored.snapshot, from: copy))
  }
  return contents
}

func expectNoErrors(_ copy: Repository, notes: Bool = true) async throws {
  let report = try await RepositoryCheck(copy, reading: .all).run()
  #expect(notes ? report.isSound : report.findings.isEmpty, "\(report.findings)")
}

extension BlobStore {
  /// Bytes of all packs, or of all objects of these kinds.
  func byteCount(of kinds: ObjectName.Kind...) async throws -> Int {
    var sum = 0
    for kind in kinds { sum += try await names(of: kind).reduce(0) { $0 + $1.byteCount } }
    return sum
  }
}
