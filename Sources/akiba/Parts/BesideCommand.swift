import Backup
import CouchFormat
import Deployments
import Files
import Primitives
import Recovery
import ResticFormat
import Repositories
import SystemPackage

/// `akiba restore --database NAME --beside NEWNAME --data FOLDER`.
struct BesideCommand {
  let snapshot: String
  let database: String
  let name: DatabaseName
  let dataFolder: FilePath
  /// Where the document goes.
  let map: FilePath
  let acceptsUnproven: Bool
  let isDryRun: Bool
  let reading: ReadingOptions
  let console: Console

  init(
    snapshot: String, database: String, name: DatabaseName, dataFolder: String, options: PartOptions, acceptsUnproven: Bool, isDryRun: Bool,
    reading: ReadingOptions, console: Console
  ) {
    self.snapshot = snapshot
    self.database = database
    self.name = name
    self.dataFolder = Environment.absolute(dataFolder)
    map = Environment.absolute(options.map ?? "\(name.description.replacing("/", with: "_")).map.json")
    self.acceptsUnproven = acceptsUnproven
    self.isDryRun = isDryRun
    self.reading = reading
    self.console = console
  }

  func run() async throws -> ExitStatus {
    _ = DescriptorLimit.raise()
    let copy = try await Opening.one(reading, console)
    return try await console.withReadLock(on: copy) {
      let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
      let contents = try await SnapshotContents(of: copy.snapshot(matching: snapshot, preferring: BackupRun.tag), reader: reader)
      let plan = try await BesidePlan(of: database, as: name, in: contents, reader)
      let progress = RestoreProgress()
      let proving = ProofProgress()
      var options = BesideRestore.Options(user: Environment.surroundings().userID)
      options.acceptsUnproven = acceptsUnproven
      options.width = Environment.cores
      let restore = BesideRestore(plan, from: reader, into: dataFolder, options: options, progress: progress, proving: proving)
      let missing = try await restore.check()
      if isDryRun { return list(missing, plan, contents) }
      let clock = ContinuousClock()
      let start = clock.now
      let report = try await StatusReporter(console: console).during({ time in
        let state = progress.current
        let proof = proving.current
        return [
          "restoring: \(StatusReporter.amount(state.bytesDone, of: state.bytes, after: time)), \(state.filesDone) of \(state.files) files",
          "proving:   \(proof.filesDone) of \(proof.files) files, \(Wording.bytes(proof.bytesDone))",
        ]
      }) { try await restore.run() }
      try DurableFile.write(plan.document + [UInt8(ascii: "\n")], to: map)
      console.show(report.proof.findings)
      tell(report, plan, contents, clock.now - start)
      return .success
    }
  }

  private func list(_ files: [BesidePlan.File], _ plan: BesidePlan, _ contents: SnapshotContents) -> ExitStatus {
    var bytes = 0
    for file in files {
      let size = Int(clamping: file.item.node.size)
      bytes += size
      console.emit(ItemEvent(path: file.path, bytes: size))
      console.say("\(Wording.bytes(size).padded(to: 9))  \(file.path)")
    }
    console.emit(PlanEvent(snapshot: contents.id.hex, files: files.count, bytes: bytes))
    console.say("would add \(Wording.count(files.count, "file")), \(Wording.bytes(bytes)), to '\(dataFolder)'")
    return .success
  }

  private func tell(_ report: BesideRestore.Report, _ plan: BesidePlan, _ contents: SnapshotContents, _ time: Duration) {
    console.emit(
      BesideEvent(
        snapshot: contents.id.hex, database: database, name: name.description, data: dataFolder.string, map: map.string,
        proven: report.proof.isClean, filesWritten: report.filesWritten, filesKept: report.filesKept, bytes: plan.bytes,
        bytesFetched: report.bytesFetched, seconds: time.seconds))
    console.say("the files of '\(name)' are in '\(dataFolder)': '\(database)' of \(contents.snapshot.time)")
    console.say(
      "  \(Wording.count(plan.files.count, "file")), \(Wording.bytes(plan.bytes)), \(report.proof.isClean ? "proven" : "NOT PROVEN"); "
        + "\(Wording.bytes(report.bytesFetched)) fetched in \(Wording.duration(time))"
        + (report.filesKept > 0 ? ", \(report.filesKept) files were there already" : ""))
    BesideSteps(plan: plan, container: CouchContainer(dataFolder: dataFolder), dataFolder: dataFolder, map: map).show(on: console)
  }
}

private struct BesideEvent: Encodable {
  let type = "beside"
  let snapshot: String
  let database: String
  let name: String
  let data: String
  let map: String
  let proven: Bool
  let filesWritten: Int
  let filesKept: Int
  let bytes: Int
  let bytesFetched: Int
  let seconds: Double

  enum CodingKeys: String, CodingKey {
    case type, snapshot, database, name, data, map, proven, bytes, seconds
    case filesWritten = "files_written"
    case filesKept = "files_kept"
    case bytesFetched = "bytes_fetched"
  }
}
