import Status
import Testing

/// When a copy counts, and what is said of those that do not.
struct VerdictTests {
  private static let now = 1_800_000_000
  private static let day = 86_400

  private func location(_ name: String, _ change: (inout LocationFacts) -> Void = { _ in }) -> LocationFacts {
    var record = LocationRecord()
    record.lastSeen = Self.now
    record.holdings = .init(
      snapshots: 3, marked: 0, bytes: 1, newest: "a", newestTime: Self.now - 3600, oldestTime: Self.now - 9 * Self.day)
    record.add(Proof(.drill, at: Self.now - Self.day, passed: true))
    var facts = LocationFacts(name: name, address: "/\(name)", presence: .reached, record: record)
    facts.medium = name
    change(&facts)
    return facts
  }

  private func verdict(_ locations: LocationFacts...) -> Verdict { Verdict(locations, now: Self.now) }

  @Test func `two proven locations on two media, one off-site, and the live data are three copies`() {
    let verdict = verdict(location("usb"), location("cloud") { $0.isOffSite = true })

    #expect(verdict.level == .ok && verdict.missing.isEmpty)
    #expect((verdict.copies, verdict.media, verdict.offSite) == (3, 3, 1))
  }

  @Test func `each thing that is missing is named`() {
    let alone = verdict(location("usb"))
    #expect(alone.level == .warning && alone.copies == 2)
    #expect(alone.missing.contains { $0.hasPrefix("three copies: 2 count (the live data and 1 of 1 locations)") })
    #expect(alone.missing.contains { $0.contains("off-site") })

    let unsaid = verdict(location("a") { $0.medium = nil }, location("b") { ($0.medium, $0.isOffSite) = (nil, true) })
    #expect(unsaid.media == 1 && unsaid.missing.count == 1 && unsaid.level == .warning)
  }

  @Test(arguments: [Proof.Kind.structure, .data, .offline])
  func `a copy that nobody restored from does not count, whatever else was read`(_ kind: Proof.Kind) {
    let unread = location("usb") { facts in
      facts.record = LocationRecord()
      facts.record.holdings = location("x").record.holdings
      facts.record.add(Proof(kind, at: Self.now, passed: true))
    }

    #expect(unread.gaps(Promise(), now: Self.now) == ["no drill: nobody restored from it"])
    #expect(unread.drillDue(Promise(), now: Self.now) == "never drilled")
    #expect(verdict(unread, location("cloud") { $0.isOffSite = true }).level == .warning)
  }

  @Test func `a location is due for a drill before it counts no more, by its own promise if it has one`() {
    func due(_ days: Int, within: Int? = nil, kind: Proof.Kind = .drill) -> String? {
      let facts = location("usb") { facts in
        facts.drillWithin = within.map { $0 * Self.day }
        facts.record = LocationRecord()
        facts.record.holdings = location("x").record.holdings
        facts.record.add(Proof(kind, at: Self.now - days * Self.day, passed: true))
      }
      #expect(facts.gaps(Promise(), now: Self.now).isEmpty == (days <= within ?? 35))
      return facts.drillDue(Promise(), now: Self.now)
    }

    #expect(due(1) == nil && due(28) == nil && due(1, kind: .server) == nil)
    #expect(due(30) == "its drill counts for 5 days more")
    #expect(due(40) == "its last drill is 40 days old")
    #expect(due(6, within: 7) == "its drill counts for 24 hours more" && due(5, within: 7) == nil)
    #expect(due(300, within: 365) == nil)
    let failed = location("usb") { $0.record.add(Proof(.server, at: Self.now, passed: false)) }
    #expect(failed.drillDue(Promise(), now: Self.now) == "its last drill failed")
    #expect(location("usb") { $0.record.holdings = nil }.drillDue(Promise(), now: Self.now) == nil, "there is nothing to restore")
  }

  @Test func `old snapshots, old proofs, failed proofs and a shared disk do not count`() {
    func gap(_ change: (inout LocationFacts) -> Void) -> String? { location("usb", change).gaps(Promise(), now: Self.now).first }

    #expect(gap { _ in } == nil)
    #expect(gap { $0.record.holdings?.newestTime = Self.now - 3 * Self.day } == "its newest snapshot is 3 days old")
    #expect(gap { $0.record.holdings?.newestTime = Self.now + Self.day } == "its newest snapshot is dated 24 hours in the future")
    #expect(gap { $0.record.holdings?.newestTime = nil } == "it holds no snapshot that is not marked")
    #expect(gap { $0.record.add(Proof(.drill, at: Self.now - 40 * Self.day, passed: true)) } == "its last drill is 40 days old")
    #expect(gap { $0.record.add(Proof(.offline, at: Self.now, passed: false)) } == "its last proof (offline) failed")
    #expect(
      gap {
        $0.record.add(Proof(.server, at: Self.now - 9, passed: false))
        $0.record.add(Proof(.data, at: Self.now, passed: true))
      } == "its last drill failed", "whatever was read back since")
    #expect(gap { $0.record.add(Proof(.drill, at: Self.now + Self.day, passed: true)) } == "its last drill is dated 24 hours in the future")
    #expect(gap { $0.sharesDataDisk = true }?.contains("disk of CouchDB's data") == true)
    #expect(gap { $0.presence = .unusable("gone") } == "gone")
  }

  @Test func `a drive that is away as agreed counts although its snapshot is older`() {
    let away = location("usb") { facts in
      facts.presence = .away
      facts.record.holdings?.newestTime = Self.now - 5 * Self.day
    }

    #expect(away.gaps(Promise(), now: Self.now).isEmpty)
    #expect(verdict(away, location("cloud") { $0.isOffSite = true }).level == .ok)
  }

  @Test func `no snapshot for a week, or a proof that failed, is critical`() {
    #expect(verdict().level == .critical)
    #expect(verdict(location("usb") { $0.record.holdings?.newestTime = Self.now - 8 * Self.day }).level == .critical)
    #expect(verdict(location("usb") { $0.sharesDataDisk = true }).level == .critical)
    let failed = location("cloud") { $0.record.add(Proof(.offline, at: Self.now, passed: false)) }
    #expect(verdict(location("usb"), failed).level == .critical)
  }

  @Test func `the last proof is the newest that read all bytes`() {
    var record = LocationRecord()
    record.add(Proof(.data, at: 10, passed: true))
    record.add(Proof(.offline, at: 5, passed: true, snapshot: "abc"))
    record.add(Proof(.structure, at: 20, passed: true))
    record.add(Proof(.data, at: 15, passed: false))

    #expect(record.lastProof?.time == 15 && record.lastProof?.passed == false)
    #expect(record.proofs.count == 4)
    record.add(Proof(.data, at: 30, passed: true))
    #expect(record.proofs.count == 4 && record.lastProof?.time == 30)
    #expect(record.provenSnapshots == ["abc"])
  }

  @Test func `ages are said in the largest unit that fits`() {
    #expect(
      [0, 1, 59, 60, 7200, 86_400, 172_800].map { Age(seconds: $0).description } == [
        "0 seconds", "1 second", "59 seconds", "1 minute", "2 hours", "24 hours", "2 days",
      ])
  }
}
