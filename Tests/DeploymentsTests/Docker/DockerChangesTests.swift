import Deployments
import Remotes
import TestSupport
import Testing

/// What a restore changes on real engines.
@Suite(.serialized, .enabled(if: !TestEngine.Kind.possible.isEmpty, "needs root and Debian's docker.io or podman, and busybox-static"))
struct DockerChangesTests {
  @Test(arguments: TestEngine.Kind.possible)
  func `a container is stopped for good, started again, and removed, each once or twice`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind)
    let engine = test.engine
    let id = try test.run(
      "run", "--detach", "--name", "couch", "--network", "none", "--restart", "always", "--volume", "data:/opt/data", "busybox", "sleep",
      "1000")

    for _ in 0..<2 {
      // Podman knows this call from 5.0 on.
      if kind == .docker { try await engine.setRestartPolicy(of: id, to: "no") }
      try await engine.stop(id)
    }
    #expect(try await engine.container(id).state == .exited)
    if kind == .docker { #expect(try await engine.container(id).restartPolicy == "no") }
    for _ in 0..<2 { try await engine.start(id) }
    #expect(try await engine.container("couch").state == .running)

    let running = await #expect(throws: DockerError.self) { try await engine.remove(stopped: id) }
    #expect(running?.kind == .refused)
    try await engine.stop(id)
    for _ in 0..<2 { try await engine.remove(stopped: id) }
    #expect(try await engine.containers().isEmpty)
    #expect(try await engine.volumes().map(\.name) == ["data"])
  }

  @Test(arguments: TestEngine.Kind.possible)
  func `a volume is made with its labels, and one that is there stays as it is`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind)

    let made = try await test.engine.makeVolume("cht_cht-ssl", labels: ["com.docker.compose.project": "cht"])
    let again = try await test.engine.makeVolume("cht_cht-ssl", labels: ["com.docker.compose.project": "other"])

    #expect(made.labels == ["com.docker.compose.project": "cht"])
    #expect(again.labels == made.labels && again.mountpoint == made.mountpoint && !made.mountpoint.isEmpty)
  }

  @Test(arguments: TestEngine.Kind.possible)
  func `what is not there is refused by name`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind)

    for change in [test.engine.stop, test.engine.start] {
      let error = await #expect(throws: DockerError.self) { try await change("nobody") }
      #expect(error?.kind == .refused && error?.summary.contains("nobody") == true, "\(String(describing: error))")
    }
  }
}
