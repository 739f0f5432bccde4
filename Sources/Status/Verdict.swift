/// Whether the rule of 3-2-1 holds: three copies, on two media, one off-site. The deployment's own data are the first copy.
package struct Verdict: Sendable, Hashable {
  package enum Level: String, Sendable, Comparable {
    case ok, warning, critical

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { self == .ok ? 0 : self == .warning ? 1 : 2 }
  }

  /// With the live data.
  package let copies: Int
  package let media: Int
  package let offSite: Int
  package let level: Level
  /// What is missing, and what to do.
  package let missing: [String]

  /// - Parameters:
  ///   - locations: all of the configuration.
  ///   - now: seconds since 1970.
  package init(_ locations: [LocationFacts], promise: Promise = Promise(), now: Int) {
    let counted = locations.filter { $0.gaps(promise, now: now).isEmpty }
    copies = 1 + counted.count
    media = 1 + Set(counted.map { $0.medium ?? "" }).filter { !$0.isEmpty }.count
    offSite = counted.count { $0.isOffSite }
    var missing: [String] = []
    if copies < 3 {
      missing.append(
        "three copies: \(copies) count\(copies == 1 ? "s" : "") (the live data and \(counted.count) of \(locations.count) locations)")
    }
    if media < 2 { missing.append("two media: \(Self.mediaGap(counted))") }
    if offSite < 1 { missing.append("one off-site: no location that counts has 'off-site: yes'") }
    self.missing = missing
    level = Self.level(locations, counted, isComplete: missing.isEmpty, promise, now)
  }

  private static func mediaGap(_ counted: [LocationFacts]) -> String {
    let unsaid = counted.filter { $0.medium == nil }.map { "'\($0.name)'" }
    if counted.isEmpty { return "no location counts" }
    return "say in the configuration what \(unsaid.joined(separator: ", ")) is on: 'medium: …'"
  }

  private static func level(
    _ locations: [LocationFacts], _ counted: [LocationFacts], isComplete: Bool, _ promise: Promise, _ now: Int
  ) -> Level {
    let newest = locations.filter { !$0.sharesDataDisk }.compactMap { $0.record.holdings?.newestTime }.max()
    guard let newest, now - newest <= promise.desperateAge else { return .critical }
    if locations.contains(where: { $0.record.lastProof?.passed == false || $0.record.lastDrill?.passed == false }) { return .critical }
    return isComplete && counted.count == locations.count ? .ok : .warning
  }
}
