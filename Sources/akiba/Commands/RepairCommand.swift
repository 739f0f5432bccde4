import ArgumentParser
import Primitives
import Repositories
import Stores

struct RepairCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Heal locations from one another.",
    discussion: """
      Reads each location, lists what is damaged or missing, fetches it from another location, and checks again. Nothing that can be read \
      is given up, and nothing damaged is copied. Interrupted? Run it again.
      """)

  @Argument(help: ArgumentHelp("The locations to heal, by name (default: all).", valueName: "location"))
  var locations: [String] = []

  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Fetch from this location only.", valueName: "location"))
  var from: String?

  @Option(help: ArgumentHelp("The key file, instead of the configuration's.", valueName: "file"))
  var keyFile: String?

  @Flag(help: "Only say what is wrong.")
  var dryRun = false

  @Flag(inversion: .prefixedNo, help: "Read every pack. Without, flipped bits in packs are not seen.")
  var readData = true

  @Option(help: ArgumentHelp("Wait so long for another program's lock on a location.", valueName: "seconds"))
  var wait = 0

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configuration.read()
    let targets = try (locations.isEmpty ? configuration.locations.map(\.name) : locations).map(configuration.location(named:))
    let source = try from.map(configuration.location(named:))?.address
    let (copies, failures) = try await Opening.family(configuration, keyFile: keyFile) { console.note($0) }
    var isSound = true
    var isComplete = true
    for target in targets {
      let address = target.address
      guard let patient = copies.first(where: { $0.address == address }) else { continue }
      let siblings = copies.filter { $0.address != address && (source == nil || $0.address == source) }
      do {
        isSound = try await repair(patient, from: siblings, name: target.name, console) && isSound
      } catch let error as any Explainable where targets.count > 1 {
        console.warn("location '\(target.name)' was not repaired: \(error.summary)", hint: error.hints.first)
        isComplete = false
      }
    }
    for failure in failures {
      failure.show(on: console, "is left out")
      if targets.contains(failure.location), !failure.isExpected { isComplete = false }
    }
    return isSound ? isComplete ? .success : .partial : .failure
  }

  /// - Returns: whether the location is sound now.
  private func repair(_ patient: Repository, from siblings: [Repository], name: String, _ console: Console) async throws -> Bool {
    let progress = LatestProgress()
    let repair = RepositoryRepair(of: patient, from: siblings) { progress.set($0) }
    let status = StatusReporter(console: console)
    let clock = ContinuousClock()
    let start = clock.now
    let readData = readData
    let diagnosis = try await status.during({ progress.lines(after: $0) }) {
      try await console.withReadLock(on: patient) { try await repair.diagnose(readingPacks: readData) }
    }
    for finding in diagnosis.findings { console.show(finding, in: patient.address) }
    let errors = diagnosis.findings.count { $0.severity == .error }
    var report: RepairReport?
    if diagnosis.asksForHealing, !dryRun {
      let wait = Duration.seconds(wait)
      let healing = try await status.during({ progress.lines(after: $0) }) {
        try await repair.heal(diagnosis, waiting: wait) { console.note($0) }
      }
      show(healing, in: patient.address, console)
      report = healing
    }
    let remaining = report?.remaining.count { $0.severity == .error } ?? errors
    console.emit(
      RepairEvent(
        location: patient.address, sound: remaining == 0, dryRun: dryRun, errors: errors, healed: report?.healed.count ?? 0,
        remaining: remaining, bytesRead: diagnosis.bytesRead, seconds: (clock.now - start).seconds))
    let read = readData ? ", \(Wording.bytes(diagnosis.bytesRead)) read" : ""
    let found = errors > 0 ? "\(Wording.count(errors, "error")) found" : "no errors found"
    let healed = report.map {
      ", \(Wording.count($0.healed.count, "object")) healed, \(remaining == 0 ? "sound now" : "\(remaining) LEFT")"
    }
    console.say("location '\(name)', '\(patient.address)': \(found)\(healed ?? "")\(read), \(Wording.duration(clock.now - start))")
    return remaining == 0
  }

  private func show(_ report: RepairReport, in address: String, _ console: Console) {
    for healed in report.healed {
      console.emit(HealedEvent(healed, address))
      let how =
        switch healed.how {
        case .fetched(let source): "fetched from '\(source)'"
        case .rebuilt: "made anew"
        case .dropped: "taken away: nothing needs it"
        }
      console.say("  \(healed.name) (\(Wording.bytes(healed.byteCount))) \(how)")
    }
    for finding in report.remaining where finding.severity == .error { console.show(finding, in: address) }
  }
}
