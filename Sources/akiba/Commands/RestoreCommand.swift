import ArgumentParser
import Backup
import CouchFormat
import Files
import Primitives
import Recovery
import Repositories
import ResticFormat
import SystemPackage

struct RestoreCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring a deployment back, or restore a snapshot or part of it into a folder.",
    discussion: """
      With --deployment the whole installation is brought back and started: restored beside, proven, CHT stopped, what was there moved \
      aside, all of it switched, CHT started and asked. Begin with --dry-run, which changes nothing.

      With --to, files are restored into a new folder, and nothing else happens. Never name the live data folder.

      With --beside a database is added to a running CouchDB under another name, to look into it and to take documents from.

      An interrupted restore goes on when the same command is run again.

      Examples: akiba restore latest --kit /media/usb/kit --deployment --dry-run
                akiba restore latest --kit /media/usb/kit --deployment
                akiba restore --roll-back
                akiba restore latest --part environment --part certificates --to /srv/restored
                akiba restore latest --database medic --to /srv/restored
                akiba restore latest --database medic --beside medic-old --data /home/ubuntu/cht/couchdb
      """)

  @Argument(help: "'latest', the first digits of an id, or a time: the newest snapshot taken by then (2026-03-01, 2026-03-01T14:05:00Z).")
  var snapshot = "latest"

  @OptionGroup var repository: ReadingOptions
  @OptionGroup(title: "With --deployment") var bringBack: BringBackOptions
  @OptionGroup(title: "Parts alone") var parts: PartOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The folder to restore into: new or empty.", valueName: "folder"))
  var to: String?

  @Option(help: ArgumentHelp("Only this path of the snapshot and what is below it; may be repeated.", valueName: "path"))
  var path: [String] = []

  @Option(help: ArgumentHelp("Only this database's shards and indexes; may be repeated.", valueName: "name"))
  var database: [String] = []

  @Flag(name: [.customLong("dry-run"), .customShort("n")], help: "Only say what would be done; nothing is changed.")
  var isDryRun = false

  @Flag(help: "Bring an older restore in the folder to this snapshot: only what differs is fetched, what it lacks is removed.")
  var delta = false

  @Flag(help: "Leave all files to the user who restores. Without root this is always so.")
  var noOwner = false

  @Flag(help: "With --deployment and --beside: go on though the restored files are not proven.")
  var unproven = false

  func validate() throws {
    if bringBack.isBringingBack, to != nil || delta || noOwner || !path.isEmpty || !database.isEmpty || parts.isWanted {
      throw ValidationError(
        "--deployment brings all of it back to where it was: leave out --to, --path, --database, --part, --shard, --beside, --delta and "
          + "--no-owner")
    }
    if parts.beside != nil {
      if database.count != 1 { throw ValidationError("--beside needs --database NAME, once: the database as the snapshot has it") }
      if to != nil || delta || noOwner || !path.isEmpty {
        throw ValidationError("--beside adds to the live data folder: leave out --to, --path, --delta and --no-owner")
      }
    }
    if unproven, !bringBack.isBringingBack, parts.beside == nil { throw ValidationError("--unproven belongs to --deployment or --beside") }
    if to == nil, !isDryRun, !bringBack.isBringingBack, parts.beside == nil {
      throw ValidationError("--to FOLDER is needed, or --deployment, or --dry-run")
    }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    if bringBack.isBringingBack {
      return try await DeploymentRestore(
        snapshot: snapshot, reading: repository, options: bringBack, isDryRun: isDryRun, acceptsUnproven: unproven, console: console
      ).run()
    }
    if let beside = parts.beside.flatMap(DatabaseName.init), let database = database.first, let data = parts.data {
      return try await BesideCommand(
        snapshot: snapshot, database: database, name: beside, dataFolder: data, options: parts, acceptsUnproven: unproven,
        isDryRun: isDryRun,
        reading: repository, console: console
      ).run()
    }
    let copy = try await Opening.one(repository, console)
    return try await console.withReadLock(on: copy) {
      let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
      let stored = try await copy.snapshot(matching: snapshot, preferring: BackupRun.tag)
      let contents = try await SnapshotContents(of: stored, reader: reader)
      var options = Restore.Options(setsOwner: Environment.isRoot && !noOwner)
      options.selection = Selection(paths: path + (try parts.paths(in: contents)), databases: database)
      options.isDelta = delta
      let progress = RestoreProgress()
      let target = FilePath(to ?? Environment.workingFolder.string)
      let restore = Restore(contents, from: reader, to: target, options: options, progress: progress)
      if isDryRun { return try list(to == nil ? options.selection.items(in: contents) : restore.plan(), of: stored, console) }
      let status = try await run(restore, of: stored, to: target, progress, console)
      try await parts.showPlacing(in: contents, reader, restored: target, console)
      return status
    }
  }

  private func list(_ items: [SnapshotContents.Item], of stored: StoredSnapshot, _ console: Console) -> ExitStatus {
    for item in items where item.node.kind != .dir {
      console.emit(ItemEvent(path: item.path, bytes: Int(clamping: item.node.size)))
      console.say("\(Wording.bytes(Int(clamping: item.node.size)).padded(to: 9))  \(item.path)")
    }
    let files = items.filter { $0.node.kind == .file }
    let bytes = files.reduce(0) { $0 + Int(clamping: $1.node.size) }
    console.emit(PlanEvent(snapshot: stored.id.hex, files: files.count, bytes: bytes))
    console.say("would restore \(Wording.count(files.count, "file")), \(Wording.bytes(bytes)), of snapshot \(stored.id.short)")
    return .success
  }

  private func run(
    _ restore: Restore, of stored: StoredSnapshot, to target: FilePath, _ progress: RestoreProgress, _ console: Console
  ) async throws -> ExitStatus {
    let clock = ContinuousClock()
    let start = clock.now
    let report = try await StatusReporter(console: console).during({ time in
      let state = progress.current
      return [
        "restoring: \(StatusReporter.amount(state.bytesDone, of: state.bytes, after: time))",
        "           \(state.filesDone) of \(state.files) files",
      ]
    }) { try await restore.run() }
    let time = clock.now - start
    console.emit(
      RestoreEvent(
        snapshot: stored.id.hex, target: target.string, filesWritten: report.filesWritten, filesKept: report.filesKept,
        filesRemoved: report.filesRemoved, bytes: report.bytes, bytesFetched: report.bytesFetched, resumed: report.resumed,
        seconds: time.seconds))
    console.say(
      "restored snapshot \(stored.id.short) of \(stored.snapshot.time) to '\(target)'\(report.resumed ? ", going on where it had stopped" : "")"
    )
    console.say(
      "  \(Wording.count(report.filesWritten + report.filesKept, "file")), \(Wording.bytes(report.bytes)); "
        + "\(Wording.bytes(report.bytesFetched)) fetched in \(Wording.duration(time))"
        + (report.filesKept > 0 ? ", \(report.filesKept) files were there already" : "")
        + (report.filesRemoved > 0 ? ", \(report.filesRemoved) removed" : ""))
    if !Environment.isRoot { console.say("  files belong to you: owners can be set only by root") }
    console.say("next: akiba verify --restored \(target)")
    return .success
  }
}

struct ItemEvent: Encodable {
  let type = "item"
  let path: String
  let bytes: Int
}

struct PlanEvent: Encodable {
  let type = "plan"
  let snapshot: String
  let files: Int
  let bytes: Int
}

private struct RestoreEvent: Encodable {
  let type = "restore"
  let snapshot: String
  let target: String
  let filesWritten: Int
  let filesKept: Int
  let filesRemoved: Int
  let bytes: Int
  let bytesFetched: Int
  let resumed: Bool
  let seconds: Double

  enum CodingKeys: String, CodingKey {
    case type, snapshot, target, bytes, resumed, seconds
    case filesWritten = "files_written"
    case filesKept = "files_kept"
    case filesRemoved = "files_removed"
    case bytesFetched = "bytes_fetched"
  }
}
