import Foundation
import TestSupport
import Testing

/// Drills beside a CHT that runs on a real engine, with a stand-in for CouchDB in the deployment's own image: what the drill's container may
/// touch, and what becomes of it.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DrillContainerTests {
  private static let container = "akiba-drill-cht"

  private struct Stage {
    let hosted: HostedDeployment

    var host: CHTHost { hosted.host }
    var command: [String] { get throws { [try Akiba.executable(), "drill", "--json"] } }

    init(on host: CHTHost, pause: Int) async throws {
      hosted = try HostedDeployment(host, try host.bringUp(.small))
      try hosted.initialise()
      try hosted.backup()
      let home = URL(filePath: hosted.folder).appending(path: "couchdb")
      _ = try await StandInCouchDB(
        for: URL(filePath: hosted.cht.dataFolders[0]), in: home, version: hosted.cht.layout.version.couchDB, pause: pause)
      try host.makeCouchDBServe(from: home.path, for: hosted.cht.layout.version)
    }

    func start() throws -> Program.Running {
      try host.machine.start(command, environment: ["AKIBA_CONFIG": hosted.configuration, "TMPDIR": hosted.folder])
    }

    /// Containers besides the drill's, and since when each runs.
    func production() throws -> String {
      try host.machine.bash(
        """
        docker ps --all --quiet --no-trunc --filter label=com.docker.compose.project | sort |
          xargs docker inspect --format '{{.Id}} {{.State.StartedAt}} {{.RestartCount}}'
        """)
    }

    func drillContainers() throws -> [String] {
      try host.docker("ps", "--all", "--format", "{{.Names}}").split(separator: "\n").map(String.init).filter { $0.hasPrefix("akiba") }
    }

    /// Returns when the drill's container runs.
    func waitForContainer() throws {
      struct NotYet: Error {}
      try eventually {
        guard try host.docker("ps", "--format", "{{.Names}}").contains(DrillContainerTests.container) else { throw NotYet() }
      }
    }
  }

  @Test func `its container has no network, no port, its own name and nothing of the host; CHT does not notice`() async throws {
    let stage = try await Stage(on: try CHTHost(), pause: 8)
    let host = stage.host
    let before = try stage.production()
    let volumes = try host.docker("volume", "ls", "--quiet")

    let running = try stage.start()
    try stage.waitForContainer()
    let inspected = try #require(
      JSONSerialization.jsonObject(with: Data(host.docker("inspect", Self.container).utf8)) as? [[String: Any]]
    ).first
    let settings = try #require(inspected?["HostConfig"] as? [String: Any])
    let network = try #require(inspected?["NetworkSettings"] as? [String: Any])
    let output = try running.wait()

    #expect(settings["NetworkMode"] as? String == "none" && (network["Networks"] as? [String: Any])?.keys.sorted() == ["none"])
    #expect((settings["PortBindings"] as? [String: Any] ?? [:]).isEmpty && (network["Ports"] as? [String: Any] ?? [:]).isEmpty)
    #expect((settings["RestartPolicy"] as? [String: Any])?["Name"] as? String == "no" && settings["ReadonlyRootfs"] as? Bool == true)
    #expect(settings["CapDrop"] as? [String] == ["ALL"] && settings["Privileged"] as? Bool == false)
    #expect(settings["Memory"] as? Int == 1024 << 20)
    let scratch = stage.hosted.folder + "/etc/state/\(Self.container)/"
    let binds = try #require(settings["Binds"] as? [String])
    #expect(binds.count == 2 && binds.allSatisfy { $0.hasPrefix(scratch) }, "\(binds)")
    let configuration = try #require(inspected?["Config"] as? [String: Any])
    #expect((configuration["Labels"] as? [String: String])?.keys.sorted() == ["org.akiba.drill"])
    #expect(configuration["User"] as? String == "5984:5984")
    #expect(output.status == 0, "\(output.text)\(output.standardError)")
    let event = try #require(output.objects().last { $0["type"] as? String == "drill" })
    let proof = try #require((event["record"] as? [String: Any])?["server_proof"] as? [String: Any])
    #expect(proof["passed"] as? Bool == true && (proof["server"] as? String)?.hasPrefix("image ") == true, "\(proof)")
    #expect(try stage.drillContainers().isEmpty && host.docker("volume", "ls", "--quiet") == volumes)
    #expect(try stage.production() == before)
    #expect(!FileManager.default.fileExists(atPath: scratch))
    for secret in stage.hosted.cht.secrets { #expect(!output.text.contains(secret) && !output.standardError.contains(secret)) }
  }

  @Test func `after kill -9 the next drill takes the container away; another's container of that name stays`() async throws {
    let stage = try await Stage(on: try CHTHost(), pause: 600)
    let running = try stage.start()
    try stage.waitForContainer()
    // `nsenter` waits for the program, which is its only child.
    let children = try String(contentsOfFile: "/proc/\(running.identifier)/task/\(running.identifier)/children", encoding: .utf8)
    for child in children.split(separator: " ").compactMap({ pid_t($0) }) { kill(child, SIGKILL) }
    _ = try running.wait()
    #expect(try stage.drillContainers() == [Self.container])

    let next = try stage.hosted.akiba("drill", "--offline")

    #expect(next.status == 0, "\(next.standardError)")
    #expect(try stage.drillContainers().isEmpty)
    let image = try stage.host.machine.bash("docker images --format '{{.Repository}}:{{.Tag}}' | grep cht-couchdb")
    try stage.host.docker("create", "--name", Self.container, image)
    let foreign = try stage.hosted.akiba("drill")
    #expect(foreign.status == 1, "\(foreign.text)")
    #expect(
      foreign.standardError.contains("a container '\(Self.container)' that no drill of this configuration made"), "\(foreign.standardError)"
    )
    #expect(try stage.drillContainers() == [Self.container])
    try stage.host.docker("rm", Self.container)
    try stage.host.machine.bash("docker rmi --force \(image)")
    let without = try stage.hosted.akiba("drill")
    #expect(
      without.status == 0 && without.text.contains("server proof: not run: the engine has no image"),
      "\(without.text)\(without.standardError)")
  }
}
