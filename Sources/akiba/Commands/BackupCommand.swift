import ArgumentParser
import Backup
import CouchFormat
import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import Status
import SystemPackage

struct BackupCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Freeze the deployment and store a snapshot at every location.",
    discussion: """
      CouchDB goes on running. Only bytes that are new since the last snapshot are read. The first ^C stops cleanly; what was stored \
      is used by the next run.
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Take what is there even if the shard map names a shard that is not; the snapshot is marked.")
  var allowMissing = false

  @Option(help: ArgumentHelp("Wait so long for another program's lock on a repository.", valueName: "seconds"))
  var wait = 0

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configurationOptions.read()
    Priority.yieldToOthers()
    for node in configuration.deployment.nodes { try DataFolderError.check(node.dataFolder) }
    let deployment = configuration.deployment
    let now = Environment.surroundings().now
    return try await Begun.during({ try await FoundNodes(in: deployment, now: now) }) { nodes in
      try await perform(console, configuration, nodes)
    }
  }

  private func perform(_ console: Console, _ configuration: Configuration, _ nodes: Begun<FoundNodes>) async throws -> ExitStatus {
    let found = try await configuration.survey()
    let (copies, failures) = try await Opening.all(configuration) { console.note($0) }
    for failure in failures { failure.show(on: console, "is left out") }
    var options = BackupRun.Options(descriptorLimit: DescriptorLimit.raise(), programVersion: Akiba.version)
    options.allowsMissingShards = allowMissing
    options.lockWait = .seconds(wait)
    let written = configuration.locations.filter { !failures.map(\.location).contains($0) }
    options.checkRoom = { try RoomGuard(configuration.deployment, writingTo: written).check(bytes: $0) }
    let records = configuration.records(console)
    options.unwanted = { configuration.unwanted(at: $0, among: $1, records) }
    options.evidence = configuration.evidenceFolder
    let progress = BackupProgress()
    let run = BackupRun(
      of: configuration.deployment, survey: found.survey, to: copies, surroundings: Environment.surroundings(), options: options,
      progress: progress)

    let clock = ContinuousClock()
    let start = clock.now
    let report = try await StatusReporter(console: console).during({
      progress.current.lines(
        after: $0, opening: "opening the repository …", finishing: "writing folders, index and snapshot …", names: configuration.name(of:))
    }) { try await run.run(on: { try await nodes.value }) }
    let summary = BackupSummary(report, configuration, time: clock.now - start)
    for note in report.notes { console.note(note) }
    console.show(report.findings)
    for failure in report.failures {
      console.warn("location '\(configuration.name(of: failure.address))' failed: \(failure.summary)", hint: failure.hint)
      console.report("hint: 'akiba sync' copies the snapshot there from the other locations; so does the next backup")
    }
    summary.show(on: console)
    configuration.remember(console) { records in
      for address in report.completed {
        records[address, default: LocationRecord()].tookSnapshot(
          report.snapshot.hex, at: Environment.now.seconds, isMarked: !report.manifest.facts.trusted, bytes: report.stored.packBytes)
        records[address]?.key = copies.first { $0.address == address }?.keyID.hex
      }
    }
    return report.isComplete && failures.areAllExpected ? .success : .partial
  }
}
