import Primitives
import ResticFormat
import Repositories

/// One snapshot at one location, kept or removed.
struct RetentionEvent: Encodable {
  let type = "retention"
  let location: String
  let snapshot: String
  let time: String
  let host: String
  let kept: Bool
  let reasons: [String]

  init(_ entry: Retention.Entry, location: String) {
    self.location = location
    snapshot = entry.stored.id.hex
    time = entry.stored.snapshot.time.description
    host = entry.stored.snapshot.hostname
    kept = entry.isKept
    reasons = entry.isKept ? entry.reasons.map(\.description) : entry.isForgotten ? ["named"] : []
  }
}

/// What became of one location.
struct PruneEvent: Encodable {
  let type = "prune"
  let location: String
  let name: String?
  /// Whether it was done, not only planned.
  var done = false
  /// Why it was not: protected, locked, away.
  var skipped: String?
  var error: String?
  var snapshotsKept: Int?
  var snapshotsRemoved: Int?
  var packsRemoved: Int?
  var packsRewritten: Int?
  var bytesBefore: Int?
  var bytesMoved: Int?
  var bytesFreed: Int?
  var bytesUnused: Int?
  var seconds: Double?

  init(location: String, name: String?, skipped: String? = nil, error: String? = nil) {
    self.location = location
    self.name = name
    self.skipped = skipped
    self.error = error
  }

  init(_ location: String, _ name: String?, _ plan: PrunePlan, isDone: Bool, seconds: Double) {
    self.init(location: location, name: name)
    done = isDone
    snapshotsKept = plan.keptSnapshots
    snapshotsRemoved = plan.removedSnapshots.count
    packsRemoved = plan.unusedPacks + plan.unindexedPacks
    packsRewritten = plan.rewrittenPacks
    bytesBefore = plan.bytesBefore
    bytesMoved = plan.bytesMoved
    bytesFreed = plan.bytesFreed
    bytesUnused = plan.bytesUnused
    self.seconds = seconds
  }

  enum CodingKeys: String, CodingKey {
    case type, location, name, done, skipped, error, seconds
    case snapshotsKept = "snapshots_kept"
    case snapshotsRemoved = "snapshots_removed"
    case packsRemoved = "packs_removed"
    case packsRewritten = "packs_rewritten"
    case bytesBefore = "bytes_before"
    case bytesMoved = "bytes_moved"
    case bytesFreed = "bytes_freed"
    case bytesUnused = "bytes_unused"
  }
}
