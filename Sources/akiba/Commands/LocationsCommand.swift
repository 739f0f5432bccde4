import Files
import ArgumentParser
import ResticFormat
import Status

struct LocationsCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "locations",
    abstract: "List the locations: what each is, and what it holds.",
    discussion: "Exit code 0: all were reached, or are away as agreed; 3: one was not.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Do not connect: show what is remembered.")
  var offline = false

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configurationOptions.read()
    let now = Environment.now.seconds
    let facts = try await LocationSurvey(configuration: configuration, console: console, now: now).run(isAsking: !offline)
    for (location, facts) in zip(configuration.locations, facts) {
      console.emit(LocationEvent(facts, gaps: nil))
      for line in LocationLines(facts, location, now: now).lines { console.say(line) }
    }
    return facts.allSatisfy { if case .unusable = $0.presence { false } else { true } } ? .success : .partial
  }
}

/// One location in a few lines.
struct LocationLines {
  private let facts: LocationFacts
  private let location: Configuration.Location
  private let now: Int

  init(_ facts: LocationFacts, _ location: Configuration.Location, now: Int) {
    self.facts = facts
    self.location = location
    self.now = now
  }

  var lines: [String] {
    ["\(facts.name)  \(facts.address)"] + [properties, presence, holdings, protection].compactMap { $0.map { "  \($0)" } }
  }

  private var properties: String? {
    var parts = [facts.medium, facts.site.map { "at \($0)" }, facts.isOffSite ? "off-site" : nil].compactMap { $0 }
    if let removal = location.removal { parts.append("removable, back within \(Age(seconds: removal.backWithin))") }
    if let bandwidth = location.bandwidth { parts.append("at most \(Wording.bytes(bandwidth))/s") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var presence: String? {
    let seen = facts.record.lastSeen.map { "last seen \(Age(seconds: now - $0)) ago" } ?? "never seen"
    return switch facts.presence {
    case .reached: nil
    case .away: "away, as agreed; \(seen)"
    case .unusable(let reason): "NOT USABLE: \(reason); \(seen)"
    case .notAsked: seen
    }
  }

  private var holdings: String? {
    guard let holdings = facts.record.holdings else { return nil }
    var text = "\(Wording.count(holdings.snapshots, "snapshot")), \(Wording.bytes(holdings.bytes))"
    if holdings.marked > 0 { text += ", \(holdings.marked) marked" }
    if let newest = holdings.newestTime { text += "; the newest \(Age(seconds: now - newest)) old" }
    return text
  }

  private var protection: String? {
    facts.record.protection.map { protection in
      let what = protection.isProtected ? "deletion refused" : "whoever has this host's access can delete it"
      return "\(what)\(protection.remark.map { " (\($0))" } ?? ""), tried \(Age(seconds: now - protection.time)) ago"
    }
  }
}

/// One location, for programs.
struct LocationEvent: Encodable {
  let type = "location"
  let name: String
  let address: String
  let medium: String?
  let site: String?
  let offSite: Bool
  let removable: Bool
  let presence: String
  let error: String?
  let lastSeen: String?
  let snapshots: Int?
  let marked: Int?
  let bytes: Int?
  let newest: String?
  let newestTime: String?
  let protected: Bool?
  let lastProof: String?
  let lastProofTime: String?
  let lastProofPassed: Bool?
  let lastDrill: String?
  let lastDrillPassed: Bool?
  let drillDue: String?
  let gaps: [String]?

  init(_ facts: LocationFacts, gaps: [String]?) {
    func time(_ seconds: Int?) -> String? { seconds.map { Timestamp(seconds: $0).description } }
    name = facts.name
    address = facts.address
    medium = facts.medium
    site = facts.site
    offSite = facts.isOffSite
    removable = facts.isRemovable
    (presence, error) =
      switch facts.presence {
      case .reached: ("reached", nil)
      case .away: ("away", nil)
      case .unusable(let reason): ("unusable", reason)
      case .notAsked: ("not-asked", nil)
      }
    lastSeen = time(facts.record.lastSeen)
    snapshots = facts.record.holdings?.snapshots
    marked = facts.record.holdings?.marked
    bytes = facts.record.holdings?.bytes
    newest = facts.record.holdings?.newest
    newestTime = time(facts.record.holdings?.newestTime)
    protected = facts.record.protection?.isProtected
    lastProof = facts.record.lastProof?.kind.rawValue
    lastProofTime = time(facts.record.lastProof?.time)
    lastProofPassed = facts.record.lastProof?.passed
    lastDrill = time(facts.record.lastDrill?.time)
    lastDrillPassed = facts.record.lastDrill?.passed
    drillDue = facts.drillDue(Promise(), now: Environment.now.seconds)
    self.gaps = gaps
  }

  enum CodingKeys: String, CodingKey {
    case type, name, address, medium, site, removable, presence, error, snapshots, marked, bytes, newest, protected, gaps
    case offSite = "off_site"
    case lastSeen = "last_seen"
    case newestTime = "newest_time"
    case lastProof = "last_proof"
    case lastProofTime = "last_proof_time"
    case lastProofPassed = "last_proof_passed"
    case lastDrill = "last_drill"
    case lastDrillPassed = "last_drill_passed"
    case drillDue = "drill_due"
  }
}
