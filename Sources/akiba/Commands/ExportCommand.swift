import ArgumentParser
import Backup
import Deployments
import Files
import Primitives
import SystemPackage

struct ExportCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Keep a plain frozen tree of the deployment up to date for another backup tool. NOT ENCRYPTED.",
    discussion: """
      What is exported lies there in plain: patient records, passwords, keys. Only its owner may read the folder; whoever can become that user \
      can read everything. Encrypt what leaves this host.

      The tree is that of a snapshot. --to writes only what changed; a tool may take the tree when export has ended with 0, and \
      'akiba verify --restored' proves what that tool brings back. --tar writes one archive to standard output and nothing on disk. \
      No repository is read or written. An interrupted export goes on when the same command is run again.

      Examples: akiba export --to /srv/export && borg create /mnt/borg::{now} /srv/export
                akiba export --tar | gpg --encrypt --recipient backup@example.org > cht.tar.gpg
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The folder to bring up to date: new, empty, or an earlier export of this deployment.", valueName: "folder"))
  var to: String?

  @Flag(help: "Write one tar archive to standard output instead.")
  var tar = false

  @Flag(help: "Take what is there even if the shard map names a shard that is not; the tree is marked.")
  var allowMissing = false

  @Flag(help: "Replace the tree in the folder although the deployment went back, or although another host wrote it.")
  var accept = false

  var keepsOutputFree: Bool { tar }

  func validate() throws {
    if to == nil, !tar { throw ValidationError("--to FOLDER is needed, or --tar") }
    if to != nil, tar { throw ValidationError("--to and --tar exclude each other") }
    if accept, tar { throw ValidationError("--accept is about a folder: it does not go with --tar") }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    if tar, ByteOutput.standardOutput.isTerminal { throw TerminalError() }
    let configuration = try configurationOptions.read()
    Priority.yieldToOthers()
    for node in configuration.deployment.nodes { try DataFolderError.check(node.dataFolder) }
    let found = try await configuration.survey()
    let target = to.map { Environment.absolute($0) }
    let progress = BackupProgress()
    let run = ExportRun(
      of: configuration.deployment, survey: found.survey, surroundings: Environment.surroundings(),
      options: options(configuration, target), progress: progress)

    let clock = ContinuousClock()
    let start = clock.now
    let opening = "looking at what is there …"
    let report = try await StatusReporter(console: console).during({
      progress.current.lines(after: $0, opening: opening, finishing: "writing the manifest …")
    }) {
      if let target { return try await run.run(to: target) }
      return try await run.run(streamingTo: .standardOutput)
    }
    for note in report.notes { console.warn(note) }
    console.show(report.findings)
    ExportSummary(report, target: target, time: clock.now - start).show(on: console)
    return report.isComplete ? .success : .partial
  }

  private func options(_ configuration: Configuration, _ target: FilePath?) -> ExportRun.Options {
    var options = ExportRun.Options(descriptorLimit: DescriptorLimit.raise(), programVersion: Akiba.version)
    options.allowsMissingShards = allowMissing
    options.acceptsLoss = accept
    options.setsOwner = Environment.isRoot
    options.apartFrom = configuration.locations.compactMap { location in
      location.folder.map { ($0, "location '\(location.name)'") }
    }
    if let target {
      let room = RoomGuard(configuration.deployment, writingTo: [Configuration.Location(name: "export", place: .folder(target))])
      options.checkRoom = { try room.check(bytes: $0) }
    }
    return options
  }
}

private struct TerminalError: Explainable {
  let summary = "an archive is not for a terminal"
  let hints = ["pass it on, encrypted: akiba export --tar | gpg --encrypt --recipient NAME > cht.tar.gpg"]
}
