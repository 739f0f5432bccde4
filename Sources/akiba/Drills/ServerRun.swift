import CouchFormat
import Deployments
import Primitives
import Recovery
import SystemPackage

/// Starts a CouchDB on restored data, has it compared, and takes it away, whatever happens.
struct ServerRun {
  /// A view may have to be made before its first answer.
  private static let patience = Duration.seconds(900)

  let drill: Drill
  let server: any DrillServer
  let manifest: Manifest

  private let clock = ContinuousClock()

  init(drill: Drill, server: any DrillServer, manifest: Manifest) {
    self.drill = drill
    self.server = server
    self.manifest = manifest
  }

  private var name: String { drill.location.name }

  func run(_ subject: ProofSubject, seed: ContentID, _ record: inout DrillRecord, _ findings: inout [Finding]) async throws {
    var begun = clock.now
    let expected = try await ServedData(subject, seed: seed)
    try drill.scratch.spend()
    record.phases.append(.init(.reading, seconds: (clock.now - begun).seconds))
    if let rehearsal = drill.options.rehearseFailure, rehearsal.moment == .beforeServer {
      drill.console.note("\(name): rehearsing: \(rehearsal.words)")
      try rehearsal.damage(drill.scratch.restored, manifest)
    }
    let data = drill.scratch.restored.appending(SnapshotLayout.dataFolder(node: expected.node))
    let room = try ServerRoom(drill.scratch.room, data: data, node: expected.node)
    begun = clock.now
    do {
      try await serve(expected, in: room, since: begun, &record, &findings)
    } catch let error as DrillServerError {
      notStarted(error.summary, &record, &findings)
    } catch let error as DockerError {
      notStarted("the container was not started: \(error.summary)", &record, &findings)
    } catch {
      await clear()
      throw error
    }
    await clear()
  }

  /// Also when the drill is being cancelled: a container must not stay.
  private func clear() async {
    let server = server
    let result = await Task { () -> String? in
      do {
        try await server.clear()
        return nil
      } catch { return (error as? any Explainable)?.summary ?? "\(error)" }
    }.value
    if let result { drill.console.warn("the CouchDB of the drill is still there: \(result)", hint: "the next drill takes it away") }
  }

  private func notStarted(_ message: String, _ record: inout DrillRecord, _ findings: inout [Finding]) {
    var served = DrillRecord.ServerProof()
    (served.passed, served.server) = (false, server.name)
    record.serverProof = served
    findings.append(
      Finding(
        .error, .serverNotStarted, file: "CouchDB", message: message,
        remedy: "start it by hand on the scratch copy (--keep), or drill with --offline"))
  }

  private func serve(
    _ expected: ServedData, in room: ServerRoom, since begun: ContinuousClock.Instant, _ record: inout DrillRecord,
    _ findings: inout [Finding]
  ) async throws {
    let network = try await server.start(in: room)
    let couchDB = CouchDBAnswers(
      address: "http://127.0.0.1:\(ServerRoom.port)", user: ServerRoom.user, password: room.password, network: network,
      patience: Self.patience)
    var proof = ServerProof(expected, couchDB: couchDB)
    let version = try await proof.waitUntilUp { try await server.isRunning() }
    record.phases.append(.init(.serverStart, seconds: (clock.now - begun).seconds))
    guard let version else {
      return notStarted("CouchDB (\(server.name)) did not answer on the restored data: \(room.lastLines())", &record, &findings)
    }
    if let writer = manifest.installation?.couchDBVersion, CouchVersion(version) < CouchVersion(writer) {
      record.serverProof = .notRun(
        "CouchDB \(version) (\(server.name)) is older than \(writer), which wrote the files, and would not find them")
      return
    }
    let start = clock.now
    let latest = Latest<String>()
    let name = name
    proof = try await StatusReporter(console: drill.console).during({ _ in
      ["\(name): asking CouchDB \(version) about \(latest.current ?? "its databases")"]
    }) {
      [proof] in
      var proof = proof
      try await proof.run { latest.set($0) }
      return proof
    }
    record.phases.append(.init(.serverProof, seconds: (clock.now - start).seconds))
    var served = proof.record
    (served.server, served.version) = (server.name, version)
    let alarms = try room.alarmingLines()
    findings += proof.findings
    findings += alarms.prefix(20).map {
      Finding(
        .error, .serverLog, file: "couchdb.log", message: "CouchDB says: \($0)",
        remedy: "it found something missing or damaged: keep the scratch copy (--keep) and look")
    }
    served.passed = served.passed == true && alarms.isEmpty
    record.serverProof = served
    drill.console.note(
      "\(name): server proof \(served.passed == true ? "passed" : "FAILED"): CouchDB \(version), \(Wording.count(served.databases, "database")), "
        + "\(served.sampled) documents and \(served.attachments) attachments whole, \(Wording.count(served.views, "view"))")
  }
}

/// `3.5.0`, compared by its first two numbers: files differ between lines, not within one.
private struct CouchVersion: Comparable {
  private let numbers: [Int]

  init(_ text: String) { numbers = text.split { !$0.isNumber }.prefix(2).compactMap { Int($0) } }

  static func < (left: Self, right: Self) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }
}
