import Backup
import CouchFormat
import Deployments
import Files
import Primitives
import Recovery
import Repositories
import ResticFormat
import Stores
import SystemPackage

/// One drill: everything from one location alone, into a scratch folder, proven, and taken away again.
struct Drill {
  let configuration: Configuration
  let location: Configuration.Location
  let options: DrillOptions
  let scratch: DrillScratch
  let key: DrillKeys.Choice
  let console: Console

  private let clock = ContinuousClock()

  /// What an attempt learned, also if it failed half-way.
  private struct Course {
    var record: DrillRecord
    var findings: [Finding] = []
  }

  /// - Parameter records: of earlier drills, oldest first.
  /// - Throws: cancellation, and refusals to begin; what goes wrong with the copy is in the record.
  func run(after records: [DrillRecord]) async throws -> DrillRecord {
    var course = Course(record: begin())
    course.record.lastRehearsal = Self.lastRehearsal(in: records)
    do {
      try await clearLeftovers()
      try await drill(&course)
    } catch let error as DrillAway {
      throw error
    } catch let error as DrillError {
      if options.rehearseFailure != nil { try scratch.clear() }
      throw error
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      course.findings.append(Self.finding(for: error, location))
    }
    course.record.add(course.findings)
    course.record.ended = Timestamp(seconds: Environment.now.seconds).description
    course.record.result = Self.result(of: course.record, course.findings)
    if let kind = course.record.rehearsal, course.record.result != .failed {
      course.record.lastRehearsal = .init(kind: kind, time: course.record.ended, noticed: course.record.result == .rehearsed)
    }
    console.show(course.findings)
    return course.record
  }

  private func clearLeftovers() async throws {
    do { try await ServerChoice.clearLeftovers(options, configuration, room: scratch.room) } catch let error as DrillServerError {
      throw DrillError(summary: error.summary, hints: error.hints)
    }
  }

  private func begin() -> DrillRecord {
    var record = DrillRecord(
      deployment: configuration.deployment.name, host: Environment.surroundings().hostname, akiba: Akiba.version,
      location: .init(
        name: location.name, address: location.address, medium: location.medium, site: location.site, isOffSite: location.isOffSite),
      started: Timestamp(seconds: Environment.now.seconds).description)
    record.rehearsal = options.rehearseFailure
    return record
  }

  private static func lastRehearsal(in records: [DrillRecord]) -> DrillRecord.RehearsalRecord? {
    records.last { $0.lastRehearsal != nil }?.lastRehearsal
  }

  private static func result(of record: DrillRecord, _ findings: [Finding]) -> DrillRecord.Result {
    let errors = Set(findings.filter { $0.severity == .error }.map(\.kind))
    if let rehearsal = record.rehearsal {
      if !errors.isDisjoint(with: rehearsal.expected) { return .rehearsed }
      // It did not come so far that the fault could be found.
      return errors.isDisjoint(with: [.drillFailed, .keyRefused, .serverNotStarted]) ? .unnoticed : .failed
    }
    return errors.isEmpty && record.offlineProof?.passed == true && record.serverProof?.passed != false ? .passed : .failed
  }

  private static func finding(for error: any Error, _ location: Configuration.Location) -> Finding {
    let explained = error as? any Explainable
    let isKey = (error as? RepositoryError)?.kind == .wrongPassword
    return Finding(
      .error, isKey ? .keyRefused : .drillFailed, file: location.address, message: explained?.summary ?? "\(error)",
      remedy: explained?.hints.first ?? "see what is wrong there: akiba check --location \(location.name.asShellWord)")
  }

  // MARK: Opening

  private func drill(_ course: inout Course) async throws {
    let start = clock.now
    let copy: Repository
    // Once it was opened it is there, and what goes wrong is no agreed absence.
    do { copy = try await open() } catch {
      if configuration.failure(of: location, error).isExpected { throw DrillAway() }
      throw error
    }
    course.record.key = .init(role: key.role, id: copy.keyID.hex)
    let box = try await console.withReadLock(on: copy) { [course] in
      var course = course
      do {
        try await restoreAndProve(copy, since: start, &course)
        return (course, nil as (any Error)?)
      } catch { return (course, error) }
    }
    course = box.0
    if let error = box.1 { throw error }
  }

  private func open() async throws -> Repository {
    let console = console
    var store = try location.store { console.note($0) }
    if let limit = options.limit { store = PacedStore(store, bandwidth: Bandwidth(bytesPerSecond: limit * 1_000_000)) }
    let password = options.rehearseFailure == .wrongKey ? KeyFiles.newPassword() : key.password
    return try await Repository.open(store, password: password, surroundings: Environment.surroundings())
  }

  // MARK: Restoring

  private func restoreAndProve(_ copy: Repository, since start: ContinuousClock.Instant, _ course: inout Course) async throws {
    let reader = RepositoryReader(copy, index: try await RepositoryIndex.load(copy))
    let left = scratch.journal()
    let stored = try await snapshot(in: copy, left)
    let contents = try await SnapshotContents(of: stored, reader: reader)
    guard let manifest = try await contents.manifest(reader) else {
      throw RecoveryError(.refused, "snapshot '\(stored.id.short)' was not made by akiba", hints: ["name another: --snapshot ID"])
    }
    course.record.snapshot = describe(contents, manifest)
    course.record.versions = Self.versions(of: manifest)
    course.record.phases.append(.init(.open, seconds: (clock.now - start).seconds))
    try await restore(contents, manifest, reader, left, &course)
    try await prove(manifest, contents.id, &course)
  }

  /// The one an interrupted drill had begun with, if nobody asks for another.
  private func snapshot(in copy: Repository, _ left: DrillScratch.Journal?) async throws -> StoredSnapshot {
    if let left, options.snapshot == "latest", canGoOn(from: left, copy), let old = try? await copy.snapshot(matching: left.snapshot.hex) {
      return old
    }
    return try await copy.snapshot(matching: options.snapshot, preferring: BackupRun.tag(deployment: configuration.deployment.name))
  }

  private func canGoOn(from left: DrillScratch.Journal, _ copy: Repository) -> Bool {
    left.location == location.address && left.repository == copy.config.id && !left.isSpent && options.rehearseFailure == nil
  }

  private func describe(_ contents: SnapshotContents, _ manifest: Manifest) -> DrillRecord.Snapshot {
    let bytes = contents.files.reduce(0) { $0 + Int(clamping: $1.node.size) }
    return .init(
      id: contents.id.hex, frozen: manifest.facts.frozen, age: max(0, Environment.now.seconds - contents.snapshot.time.seconds),
      files: contents.files.count, bytes: bytes)
  }

  private static func versions(of manifest: Manifest) -> [String: String] {
    var versions = ["backed up by": "Akiba \(manifest.facts.akibaVersion)"]
    versions["CHT"] = manifest.installation?.chtVersion
    versions["CouchDB that was backed up"] = manifest.installation?.couchDBVersion
    return versions
  }

  private func restore(
    _ contents: SnapshotContents, _ manifest: Manifest, _ reader: RepositoryReader, _ left: DrillScratch.Journal?, _ course: inout Course
  ) async throws {
    var journal = DrillScratch.Journal(
      location: location.address, repository: reader.repository.config.id, snapshot: contents.id, seconds: 0, isSpent: false)
    if let left, canGoOn(from: left, reader.repository), left.snapshot == contents.id {
      journal.seconds = left.seconds
      course.record.isResumed = true
    } else {
      try scratch.clear()
    }
    try scratch.checkRoom(for: course.record.snapshot?.bytes ?? 0)
    try scratch.write(journal)
    let begun = clock.now
    let progress = RestoreProgress()
    let restore = Restore(
      contents, from: reader, to: scratch.restored, options: .init(setsOwner: Environment.isRoot), progress: progress)
    let name = location.name
    do {
      if try !restore.isComplete() {
        _ = try await StatusReporter(console: console).during({ time in
          let state = progress.current
          return ["\(name): restoring \(StatusReporter.amount(state.bytesDone, of: state.bytes, after: time))"]
        }) { try await restore.run() }
      }
    } catch {
      journal.seconds += (clock.now - begun).seconds
      try? scratch.write(journal)
      throw error
    }
    journal.seconds += (clock.now - begun).seconds
    try scratch.write(journal)
    course.record.phases.append(.init(.restore, seconds: journal.seconds, bytes: course.record.snapshot?.bytes))
    console.note("\(name): restored \(Wording.bytes(course.record.snapshot?.bytes ?? 0)) in \(Wording.duration(.seconds(journal.seconds)))")
  }

  // MARK: Proving

  private func prove(_ manifest: Manifest, _ snapshot: ContentID, _ course: inout Course) async throws {
    if let rehearsal = options.rehearseFailure, rehearsal.moment == .restored {
      console.note("\(location.name): rehearsing: \(rehearsal.words)")
      try scratch.spend()
      do { try rehearsal.damage(scratch.restored, manifest) } catch let error as RecoveryError where error.kind == .notPossible {
        throw DrillError(summary: error.summary, hints: error.hints)
      }
    }
    let subject = try await ProofSubject(restored: scratch.restored, manifest: manifest)
    try await proveOffline(subject, manifest, &course)
    guard course.record.offlineProof?.passed == true else {
      course.record.serverProof = .notRun("the offline proof failed: a CouchDB would take what is missing for new and empty")
      return
    }
    switch await ServerChoice.choose(options, configuration, manifest, room: scratch.room) {
    case .none(let reason):
      guard options.rehearseFailure?.moment != .beforeServer else {
        throw DrillError(summary: "this rehearsal needs a CouchDB: \(reason)", hints: ["rehearse another failure"])
      }
      course.record.serverProof = .notRun(reason)
      console.note("\(location.name): server proof: not run: \(reason)")
    case .server(let server):
      try await ServerRun(drill: self, server: server, manifest: manifest).run(subject, seed: snapshot, &course.record, &course.findings)
    }
  }

  private func proveOffline(_ subject: ProofSubject, _ manifest: Manifest, _ course: inout Course) async throws {
    let begun = clock.now
    let progress = ProofProgress()
    let name = location.name
    let report = try await StatusReporter(console: console).during({ time in
      let state = progress.current
      let rate = time.seconds > 0 ? Int(Double(state.bytesDone) / time.seconds) : 0
      return ["\(name): proving \(state.filesDone) of \(state.files) files, \(Wording.bytes(state.bytesDone)), \(Wording.bytes(rate))/s"]
    }) { try await OfflineProof(of: subject, width: Environment.cores, progress: progress).run() }
    let settings = try SettingsProof(restored: scratch.restored, manifest: manifest, now: Environment.now).run()
    course.record.phases.append(.init(.offlineProof, seconds: (clock.now - begun).seconds, bytes: report.bytes))
    course.record.offlineProof = .init(report, settings)
    course.findings += report.findings + settings.findings
    console.note(
      "\(name): offline proof \(course.record.offlineProof?.passed == true ? "passed" : "FAILED"): "
        + "\(Wording.count(report.databases.count, "database")), \(Wording.count(report.files, "file")), \(report.counts.documents) documents"
    )
  }
}

/// The drive is carried away, as was agreed: nothing to drill.
struct DrillAway: Error {}
