import ArgumentParser
import Backup
import CouchFormat
import Deployments
import Files
import Primitives
import Recovery
import Repositories
import ResticFormat
import Status
import SystemPackage

struct VerifyCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove a snapshot, a restored folder or a data folder, down to each document.",
    discussion: """
      Every checksum, tree, body, attachment and index row is read and compared: with the file's own header, with the shard map, and, for \
      snapshots and restored folders, with the manifest. No CouchDB is needed.

      Examples: akiba verify latest
                akiba verify --restored /srv/restored
                akiba verify --data /home/ubuntu/cht/couchdb
      """)

  @Argument(help: "The snapshot to prove where it lies: 'latest', an id, or a time. With --restored: the one to compare with.")
  var snapshot: String?

  @OptionGroup var repository: ReadingOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("A CouchDB data folder, live or not; once for each node.", valueName: "folder"))
  var data: [String] = []

  @Option(help: ArgumentHelp("A folder that 'akiba restore' or 'restic restore' filled.", valueName: "folder"))
  var restored: String?

  @Flag(help: "Also recompute what CouchDB would answer about each database: counts and SHA-256 of all ids, revisions, bodies and rows.")
  var answers = false

  func validate() throws {
    if restored != nil, !data.isEmpty { throw ValidationError("--restored and --data exclude each other") }
    if snapshot != nil, !data.isEmpty {
      throw ValidationError("a data folder is not compared with a snapshot: leave out '\(snapshot ?? "")'")
    }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    _ = DescriptorLimit.raise()
    if !data.isEmpty { return try await prove(try ProofSubject(dataFolders: data.map { FilePath($0) }), console) }
    if let restored, snapshot == nil { return try await prove(try ProofSubject(restored: FilePath(restored)), console) }
    let copy = try await Opening.one(repository, console)
    return try await console.withReadLock(on: copy) {
      let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
      let contents = try await SnapshotContents(
        of: copy.snapshot(matching: snapshot ?? "latest", preferring: BackupRun.tag), reader: reader)
      if let restored {
        let manifest = try await contents.manifest(reader)
        return try await prove(try ProofSubject(restored: FilePath(restored), manifest: manifest), console)
      }
      console.note("proving snapshot \(contents.id.short) of \(contents.snapshot.time) in '\(copy.address)'")
      let status = try await prove(
        try await ProofSubject(contents, reader, scratch: Environment.temporaryFolder), console, snapshot: contents.id.hex)
      let proof = Proof(.offline, at: Environment.now.seconds, passed: status == .success, snapshot: contents.id.hex)
      try repository.configuration()?.remember(proof, of: copy.address, console)
      return status
    }
  }

  private func prove(_ subject: ProofSubject, _ console: Console, snapshot: String? = nil) async throws -> ExitStatus {
    let progress = ProofProgress()
    let clock = ContinuousClock()
    let start = clock.now
    let report = try await StatusReporter(console: console).during({ time in
      let state = progress.current
      let rate = time.seconds > 0 ? Int(Double(state.bytesDone) / time.seconds) : 0
      return ["proving: \(state.filesDone) of \(state.files) files, \(Wording.bytes(state.bytesDone)), \(Wording.bytes(rate))/s"]
    }) { try await OfflineProof(of: subject, width: Environment.cores, progress: progress).run() }
    console.show(report.findings)
    for database in report.databases { console.emit(DatabaseEvent(database)) }
    if answers {
      try await Answers(about: subject).forEach {
        console.emit(AnswersEvent($0, $1)); if !console.json { say($0, $1, console) }
      }
    }
    console.emit(ProofEvent(subject, report, snapshot: snapshot, seconds: (clock.now - start).seconds))
    say(report, time: clock.now - start, console)
    return report.isClean ? .success : .failure
  }

  private func say(_ report: ProofReport, time: Duration, _ console: Console) {
    let counts = report.counts
    let verdict =
      report.isClean
      ? "proven" : report.files == 0 ? "NOT PROVEN: nothing was found to prove" : "NOT PROVEN: \(Wording.count(report.errors, "error"))"
    console.say(verdict + (report.warnings > 0 ? ", \(Wording.count(report.warnings, "warning"))" : ""))
    console.say(
      "  \(Wording.count(report.databases.count, "database")), \(Wording.count(report.files, "file")), \(Wording.bytes(report.bytes)) "
        + "in \(Wording.duration(time))")
    console.say(
      "  \(counts.documents) documents, \(counts.deleted) deleted, \(counts.leaves) leaf revisions, \(counts.bodies) bodies, "
        + "\(counts.attachments) attachments, \(counts.localDocuments) local documents, \(counts.rows) index rows")
  }

  private func say(_ database: String, _ answers: DatabaseAnswers, _ console: Console) {
    console.say(
      "  \(database): \(answers.docCount) documents, leaves \(answers.leaves.sha256.short), bodies \(answers.bodies.sha256.short)")
  }
}
