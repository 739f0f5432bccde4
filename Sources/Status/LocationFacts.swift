/// What is known of one location: what the configuration says it is, and what was found or is remembered.
package struct LocationFacts: Sendable, Hashable {
  package enum Presence: Sendable, Hashable {
    case reached
    /// A removable drive within its agreed absence.
    case away
    /// Why it cannot be used.
    case unusable(String)
    /// Nobody looked: facts are as remembered.
    case notAsked
  }

  package let name: String
  package let address: String
  package var medium: String?
  package var site: String?
  package var isOffSite = false
  package var isRemovable = false
  /// Seconds; `nil`: as everywhere.
  package var drillWithin: Int?
  /// On the disk of CouchDB's data: lost with it.
  package var sharesDataDisk = false
  package var presence: Presence
  package var record: LocationRecord

  package init(name: String, address: String, presence: Presence, record: LocationRecord) {
    self.name = name
    self.address = address
    self.presence = presence
    self.record = record
  }
}

extension LocationFacts {
  /// Why this location is no copy one could count on now.
  ///
  /// - Parameter now: seconds since 1970.
  package func gaps(_ promise: Promise, now: Int) -> [String] {
    var gaps: [String] = []
    if case .unusable(let reason) = presence { gaps.append(reason) }
    if sharesDataDisk { gaps.append("it is on the disk of CouchDB's data and is lost with it") }
    gaps += snapshotGap(promise, now).map { [$0] } ?? []
    gaps += proofGap(promise, now).map { [$0] } ?? []
    return gaps
  }

  private func snapshotGap(_ promise: Promise, _ now: Int) -> String? {
    guard let newest = record.holdings?.newestTime else { return "it holds no snapshot that is not marked" }
    let age = now - newest
    if age < -promise.clockTolerance { return "its newest snapshot is dated \(Age(seconds: -age)) in the future" }
    // What is carried away cannot be newer than the day it left.
    if presence == .away { return nil }
    return age > promise.snapshotAge ? "its newest snapshot is \(Age(seconds: age)) old" : nil
  }

  private func proofGap(_ promise: Promise, _ now: Int) -> String? {
    if let proof = record.lastProof, !proof.passed { return "its last proof (\(proof.kind.rawValue)) failed" }
    guard let drill = record.lastDrill else { return "no drill: nobody restored from it" }
    // Whatever else was read back since.
    if !drill.passed { return "its last drill failed" }
    let age = now - drill.time
    if age < -promise.clockTolerance { return "its last drill is dated \(Age(seconds: -age)) in the future" }
    return age > drillWithin(promise) ? "its last drill is \(Age(seconds: age)) old" : nil
  }

  private func drillWithin(_ promise: Promise) -> Int { drillWithin ?? promise.drillAge }

  /// Why somebody should drill it soon, before it counts no more; `nil`: there is time.
  ///
  /// - Parameter now: seconds since 1970.
  package func drillDue(_ promise: Promise, now: Int) -> String? {
    guard record.holdings?.newest != nil else { return nil }
    guard let drill = record.lastDrill else { return "never drilled" }
    if !drill.passed { return "its last drill failed" }
    let left = drillWithin(promise) - (now - drill.time)
    if left < 0 { return "its last drill is \(Age(seconds: now - drill.time)) old" }
    return left < min(promise.drillNotice, drillWithin(promise) / 5) ? "its drill counts for \(Age(seconds: left)) more" : nil
  }
}

/// How old things may get, in seconds.
package struct Promise: Sendable {
  /// CHT asks for a backup a day; one may be missed.
  package var snapshotAge = 2 * 86_400
  package var drillAge = 35 * 86_400
  /// How long before that somebody is reminded.
  package var drillNotice = 7 * 86_400
  package var clockTolerance = 300
  /// Nobody can call that a backup.
  package var desperateAge = 7 * 86_400

  package init() {}
}

/// A span of time as a person says it: `3 days`, `5 hours`.
package struct Age: CustomStringConvertible, Sendable {
  package let seconds: Int

  package init(seconds: Int) { self.seconds = seconds }

  package var description: String {
    for (unit, length) in [("day", 86_400), ("hour", 3600), ("minute", 60)] where seconds >= length * (unit == "day" ? 2 : 1) {
      let count = seconds / length
      return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }
    return "\(max(0, seconds)) second\(seconds == 1 ? "" : "s")"
  }
}
