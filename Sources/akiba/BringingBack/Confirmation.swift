import Deployments
import Files
import Primitives
import Recovery
import Remotes
import SystemPackage

/// Whether CHT runs on what was restored.
struct Confirmation {
  /// Images may have to be pulled.
  private static let patience = Duration.seconds(900)
  /// CouchDB answers some seconds after its container runs.
  private static let patienceForAnswers = 120
  private static let pause = Duration.seconds(1)

  let plan: BringBackPlan
  let endpoint: DockerEndpoint
  let console: Console

  func run() async throws {
    let manifest = try manifest()
    let wanted = Set((manifest.installation?.services ?? []).filter { $0.state == "running" }.map(\.service))
    try await wait(for: wanted)
    try await compareCounts(manifest.databases)
    await compareCertificate(manifest)
  }

  /// The manifest stays where the snapshot was restored to.
  private func manifest() throws -> Manifest {
    let file = try HeldFile(opening: FilePath(plan.staging).appending(FilePath(SnapshotLayout.manifest).components))
    return try Manifest(text: file.bytes(at: 0, count: file.byteCount))
  }

  private func wait(for wanted: Set<String>) async throws {
    let start = ContinuousClock.now
    while true {
      let snapshot = try await EngineSnapshot(of: DockerEngine.connect(to: endpoint))
      let running = Set(snapshot.containers(ofProject: plan.project).filter { $0.state == .running }.compactMap(\.composeService))
      let missing = wanted.subtracting(running)
      if missing.isEmpty { return }
      guard ContinuousClock.now - start < Self.patience else {
        throw RecoveryError(
          .notPossible, "services that ran when the backup was taken do not run: \(missing.sorted().joined(separator: ", "))",
          hints: ["see why: docker ps --all, docker logs CONTAINER; then run the same command again"])
      }
      try await Task.sleep(for: Self.pause)
    }
  }

  // MARK: CouchDB

  private func compareCounts(_ databases: [Manifest.Database]) async throws {
    guard let couchDB = try await couchDB() else { return }
    for _ in 0..<Self.patienceForAnswers {
      do {
        var shortfalls: [String] = []
        for database in databases { if let shortfall = try await couchDB.shortfall(of: database) { shortfalls.append(shortfall) } }
        guard shortfalls.isEmpty else { throw Self.refusal(of: shortfalls) }
        return console.note("CouchDB answers, with all documents of \(Wording.count(databases.count, "database"))")
      } catch CouchDBAnswers.Failure.silent {
      } catch CouchDBAnswers.Failure.wrongPassword {
        throw RecoveryError(
          .notPossible, "CouchDB does not take the password of '.env'",
          hints: [
            "CouchDB keeps the password of its first start in the credentials volume: correct COUCHDB_PASSWORD in '.env', then run the same command again"
          ])
      } catch CouchDBAnswers.Failure.status {}
      try await Task.sleep(for: Self.pause)
    }
    console.warn(
      "CouchDB did not answer at \(couchDB.address): its counts are not compared",
      hint: "see 'docker logs' of its container, and compare with 'akiba verify' by hand")
  }

  private static func refusal(of shortfalls: [String]) -> RecoveryError {
    RecoveryError(
      .notPossible, "CouchDB does not have what was restored: \(shortfalls.prefix(3).joined(separator: "; "))",
      hints: ["see its log (docker logs CONTAINER), and whether it has the right folder: akiba discover; then run the same command again"])
  }

  /// Over its container's address: no port of it is published.
  private func couchDB() async throws -> CouchDBAnswers? {
    let path = FilePath(plan.upgradeService).appending(".env")
    let engine = try await EngineSnapshot(of: DockerEngine.connect(to: endpoint))
    guard engine.isLocal, let address = engine.couchDB(ofProject: plan.project)?.addresses.first,
      try FileMetadata.ifPresent(path) != nil
    else { return nil }
    let file = try HeldFile(opening: path)
    let environment = try EnvironmentFile(bytes: file.bytes(at: 0, count: file.byteCount)) { _ in nil }
    guard let password = environment["COUCHDB_PASSWORD"] else { return nil }
    let host = address.contains(":") ? "[\(address)]" : address
    return CouchDBAnswers(address: "http://\(host):5984", user: environment["COUCHDB_USER"] ?? "medic", password: Secret(password))
  }

  // MARK: nginx

  private func compareCertificate(_ manifest: Manifest) async {
    guard let expected = manifest.installation?.certificate else { return }
    for _ in 0..<30 {
      let found = await Discovery(endpoints: [endpoint], project: plan.project, now: Environment.now).deployments.first
      if let served = found?.installation.certificate, served.isServed == true, served.sha256 == expected.sha256 {
        return console.note("nginx serves the restored certificate (\(served.subject), until \(served.notAfter))")
      }
      try? await Task.sleep(for: Self.pause)
    }
    console.warn(
      "nginx does not serve the restored certificate", hint: "docker restart the nginx container, then look with 'akiba discover'")
  }
}
