import Files
import ArgumentParser
import Primitives
import Status

struct StatusCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "One screen: what each location holds, when it was proven, and whether three copies on two media, one off-site, exist.",
    discussion: """
      A location counts when it can be reached (or is away as agreed), its newest snapshot without a mark is at most two days old, it is not \
      on the disk of CouchDB's data, and a drill restored all of it from there within 35 days, or within its 'drill-within' ('akiba drill'). \
      LAST PROOF names the newest that read all bytes: 'server' is a drill with a CouchDB, 'drill' one on files alone, 'offline' and 'data' are less.

      Exit code 0: all is well; 3: something is missing; 1: no snapshot younger than a week, or a proof failed. With --nagios one line and \
      the codes of monitoring plugins: 0, 1 (warning), 2 (critical), 3 (unknown).
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Do not connect: tell from what is remembered.")
  var offline = false

  @Flag(help: "One line for Nagios, Icinga, Checkmk and the like.")
  var nagios = false

  func perform(_ console: Console) async throws -> ExitStatus {
    guard nagios else { return try await show(console) }
    do {
      let (_, facts, verdict) = try await look(console)
      let line = NagiosLine(facts, verdict, now: Environment.now.seconds)
      console.say(line.text)
      return line.status
    } catch {
      try Task.checkCancellation()
      console.say("AKIBA UNKNOWN - \((error as? any Explainable)?.summary ?? "\(error)")")
      return NagiosLine.unknown
    }
  }

  private func look(_ console: Console) async throws -> (Configuration, [LocationFacts], Verdict) {
    let configuration = try configurationOptions.read()
    let now = Environment.now.seconds
    let facts = try await LocationSurvey(configuration: configuration, console: console, now: now).run(isAsking: !offline)
    return (configuration, facts, Verdict(facts, now: now))
  }

  private func show(_ console: Console) async throws -> ExitStatus {
    let (configuration, facts, verdict) = try await look(console)
    let kit = configuration.kitState
    let now = Environment.now.seconds
    console.say(StatusTable.header)
    for location in facts {
      let gaps = location.gaps(Promise(), now: now)
      console.emit(LocationEvent(location, gaps: gaps))
      console.say(StatusTable.row(location, counts: gaps.isEmpty, now: now))
      for gap in gaps { console.say("    does not count: \(gap)") }
      if let due = location.drillDue(Promise(), now: now) {
        console.say(
          "    due for a drill (\(due)): akiba drill\(Configuration.option(configuration.path)) --location \(location.name.asShellWord)")
      }
    }
    console.emit(StatusEvent(verdict, kit))
    console.say("")
    console.say(
      "3-2-1: \(Wording.count(verdict.copies, "copy", "copies")), \(Wording.count(verdict.media, "medium", "media")), \(verdict.offSite) off-site: \(verdict.level.rawValue.uppercased())"
    )
    for missing in verdict.missing { console.say("  missing: \(missing)") }
    console.say("recovery key: \(RecoveryKeyFacts(configuration, console).text(now: now))")
    console.say("kit: \(kit.text(Configuration.option(configuration.path)))")
    return verdict.level == .ok ? .success : verdict.level == .warning ? .partial : .failure
  }
}

/// The table of `status`.
enum StatusTable {
  static let header = row(["LOCATION", "SNAPSHOT", "SIZE", "LAST PROOF", "DELETION", "MEDIUM"])

  static func row(_ location: LocationFacts, counts: Bool, now: Int) -> String {
    let holdings = location.record.holdings
    let proof = location.record.lastProof.map { "\($0.kind.rawValue) \($0.passed ? "" : "FAILED ")\(Age(seconds: now - $0.time)) ago" }
    let protection = location.record.protection.map { $0.isProtected ? "refused" : "possible" }
    return row([
      "\(counts ? "+" : "-") \(location.name)\(location.presence == .away ? " (away)" : "")",
      holdings?.newestTime.map { "\(Age(seconds: now - $0)) old" } ?? "none",
      holdings.map { Wording.bytes($0.bytes) } ?? "?", proof ?? "never", protection ?? "not tried",
      (location.medium ?? "?") + (location.isOffSite ? ", off-site" : ""),
    ])
  }

  private static func row(_ cells: [String]) -> String {
    zip(cells, [18, 14, 9, 24, 10, 0]).map { $0.padded(to: $1) }.joined(separator: " ")
  }
}

/// As monitoring plugins speak: a word, what is wrong, figures behind a bar.
struct NagiosLine {
  /// Its codes have other meanings than ours.
  static let unknown = ExitStatus.partial

  let text: String
  let status: ExitStatus

  init(_ facts: [LocationFacts], _ verdict: Verdict, now: Int) {
    let word: String
    switch verdict.level {
    case .ok: (word, status) = ("OK", .success)
    case .warning: (word, status) = ("WARNING", .failure)
    case .critical: (word, status) = ("CRITICAL", .critical)
    }
    let problems = facts.compactMap { location in
      location.gaps(Promise(), now: now).first.map { "\(location.name): \($0)" }
    }
    let figures = facts.compactMap { location in
      location.record.holdings?.newestTime.map { "'age_\(location.name)'=\(now - $0)s;\(Promise().snapshotAge);\(Promise().desperateAge)" }
    }
    let summary =
      "\(Wording.count(verdict.copies, "copy", "copies")), \(Wording.count(verdict.media, "medium", "media")), \(verdict.offSite) off-site"
    let said = ([summary] + problems).joined(separator: "; ").replacing("|", with: "/").replacing("\n", with: " ")
    text = "AKIBA \(word) - \(said) | copies=\(verdict.copies) \(figures.joined(separator: " "))"
  }
}

private struct StatusEvent: Encodable {
  let type = "status"
  let verdict: String
  let copies: Int
  let media: Int
  let offSite: Int
  let missing: [String]
  let kit: String

  init(_ verdict: Verdict, _ kit: KitState) {
    self.verdict = verdict.level.rawValue
    copies = verdict.copies
    media = verdict.media
    offSite = verdict.offSite
    missing = verdict.missing
    self.kit = kit.word
  }

  enum CodingKeys: String, CodingKey {
    case type, verdict, copies, media, missing, kit
    case offSite = "off_site"
  }
}
