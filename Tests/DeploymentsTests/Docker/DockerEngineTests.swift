import Deployments
import Files
import Foundation
import Primitives
import Remotes
import SystemPackage
import TestSupport
import Testing

/// Docker and Podman as they are, asked through their sockets.
@Suite(.serialized, .enabled(if: !TestEngine.Kind.possible.isEmpty, "needs root and Debian's docker.io or podman, and busybox-static"))
struct DockerEngineTests {
  @Test(arguments: TestEngine.Kind.possible)
  func `containers are described as they were made, running or not`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind)
    try test.run("volume", "create", "--label", "a.b=c", "data")
    let folder = try TemporaryFolder()
    let running = try test.run(
      "run", "--detach", "--name", "couch", "--network", "none", "--env", "PASSWORD=hunter2=x", "--env", "EMPTY=", "--label", "x.y=z",
      "--volume", "data:/opt/data", "--volume", "\(folder.path):/etc/own:ro", "--restart", "always", "busybox", "sleep", "1000")
    try test.run("run", "--name", "ended", "--network", "none", "busybox", "sh", "-c", "true")
    try test.run("create", "--name", "never", "--network", "none", "--publish", "127.0.0.1:8443:443", "busybox", "true")

    let containers = try await test.engine.containers()

    #expect(Set(containers.map(\.name)) == ["couch", "ended", "never"])
    let couch = try #require(containers.first { $0.name == "couch" })
    #expect(couch.id == running)
    #expect(couch.image == (kind == .docker ? "busybox" : "localhost/busybox:latest"))
    #expect(couch.state == .running)
    #expect(couch.labels["x.y"] == "z")
    #expect(couch.variable("PASSWORD") == "hunter2=x")
    #expect(couch.variable("EMPTY") == "")
    #expect(couch.variable("NONE") == nil)
    #expect(couch.networkMode == "none")
    #expect(couch.restartPolicy == "always")
    #expect(couch.started != nil)
    let mounts = Dictionary(uniqueKeysWithValues: couch.mounts.map { ($0.destination, $0) })
    #expect(mounts["/opt/data"]?.kind == .volume)
    #expect(mounts["/opt/data"]?.name == "data")
    #expect(mounts["/opt/data"]?.isWritable == true)
    #expect(mounts["/etc/own"]?.kind == .bind)
    #expect(mounts["/etc/own"]?.source == folder.path)
    #expect(mounts["/etc/own"]?.isWritable == false)
    let ended = try #require(containers.first { $0.name == "ended" })
    #expect(ended.state == .exited)
    #expect(ended.exitCode == 0)
    #expect(ended.finished != nil)
    let never = try #require(containers.first { $0.name == "never" })
    #expect(never.state == .created)
    #expect(never.started == nil)
    // Podman forgets the ports of a container without a network.
    if kind == .docker { #expect(never.ports.map(\.hostPort) == [8443]) }

    let volumes = try await test.engine.volumes()
    #expect(volumes.map(\.name) == ["data"])
    #expect(volumes[0].labels == ["a.b": "c"])
    #expect(volumes[0].driver == "local")
    #expect(mounts["/opt/data"]?.source == volumes[0].mountpoint)
  }

  @Test(arguments: TestEngine.Kind.possible)
  func `the engine and its images say what they are`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind, changes: ["ENV A=b=c", "LABEL d=e"])

    let version = try await test.engine.version()
    let info = try await test.engine.info()
    let image = try await test.engine.image("busybox:latest")

    #expect(version.isPodman == (kind == .podman))
    #expect(version.apiVersion == "1.41")
    #expect(test.engine.apiVersion == "1.41")
    #expect(!version.name.isEmpty && !version.version.isEmpty)
    #expect(info.dataFolder.hasPrefix("/tmp/akiba."))
    #expect(!info.isRootless)
    #expect(image.environment.contains { $0.name == "A" && $0.value == "b=c" })
    #expect(image.labels["d"] == "e")
    #expect(image.tags == [kind == .docker ? "busybox:latest" : "localhost/busybox:latest"])
    #expect(try await test.engine.image(image.id).id == image.id)
    let error = await #expect(throws: DockerError.self) { try await test.engine.image("none/such:1") }
    #expect(error?.kind == .noSuchImage)
  }

  @Test(arguments: TestEngine.Kind.possible, [true, false])
  func `files come out of a container, be it running or not`(_ kind: TestEngine.Kind, _ isRunning: Bool) async throws {
    let test = try await TestEngine(kind)
    let script = """
      mkdir -p /ssl/private /ssl/empty; echo cert >/ssl/cert.pem; echo key >/ssl/private/key.pem; chmod 640 /ssl/private/key.pem
      ln -s cert.pem /ssl/soft; ln /ssl/cert.pem /ssl/hard; touch -d @1700000000 /ssl/cert.pem; chown 12:34 /ssl/cert.pem
      mkdir -p /plain/private; echo inner >/plain/private/cert.pem
      """
    try test.run(
      "run", "--detach", "--name", "web", "--network", "none", "--volume", "ssl:/ssl", "busybox", "sh", "-c",
      "\(script)\n: >/done; sleep 1000")
    try eventually { try test.run("exec", "web", "ls", "/done") }
    if !isRunning { try test.run("kill", "web") }

    let files = try await test.engine.files(in: "web", under: "/ssl", largest: 1000)

    let byPath = Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0) })
    #expect(Set(byPath.keys) == ["", "cert.pem", "private", "private/key.pem", "empty", "soft", "hard"])
    #expect(byPath[""]?.kind == .folder)
    let cert = try #require(byPath["cert.pem"])
    #expect(cert.content == Array("cert\n".utf8))
    #expect(cert.modified.seconds == 1_700_000_000)
    #expect([cert.owner, cert.group] == (kind == .docker ? [12, 34] : [0, 0]))
    #expect(byPath["hard"]?.content == cert.content)
    #expect(byPath["soft"]?.kind == .symlink("cert.pem"))
    #expect(byPath["private/key.pem"]?.mode == 0o640)
    // The volume with a slash, a plain folder, one in a folder of the same name, a file.
    #expect(try await test.engine.files(in: "web", under: "/ssl/", largest: 1000) == files)
    #expect(try await test.engine.files(in: "web", under: "/plain", largest: 100).map(\.path) == ["", "private", "private/cert.pem"])
    #expect(try await test.engine.files(in: "web", under: "/plain/private/.", largest: 100).map(\.path) == ["", "cert.pem"])
    let file = try await test.engine.files(in: "web", under: "/ssl/cert.pem", largest: 5)
    #expect(file.map(\.path) == [""])
    #expect(file[0].content == Array("cert\n".utf8))
  }

  @Test(arguments: TestEngine.Kind.possible)
  func `what is missing is told apart, what is too large is refused`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind)
    try test.run("create", "--name", "web", "--network", "none", "busybox", "true")

    let noPath = await #expect(throws: DockerError.self) { try await test.engine.files(in: "web", under: "/none here", largest: 10) }
    let noContainer = await #expect(throws: DockerError.self) { try await test.engine.files(in: "none", under: "/bin", largest: 10) }
    let large = await #expect(throws: ArchiveError.self) { try await test.engine.files(in: "web", under: "/bin", largest: 1000) }

    #expect(noPath?.kind == .noSuchPath)
    #expect(noPath?.summary == "container 'web' has no '/none here'")
    #expect(noContainer?.kind == .noSuchContainer)
    #expect(large?.kind == .tooLarge)
  }

  @Test(arguments: TestEngine.Kind.possible)
  func `no value of the environment is in any description`(_ kind: TestEngine.Kind) async throws {
    let test = try await TestEngine(kind)
    try test.run("create", "--name", "couch", "--network", "none", "--env", "COUCHDB_PASSWORD=hunter2", "busybox", "true")

    let container = try await test.engine.container("couch")

    #expect(container.variable("COUCHDB_PASSWORD") == "hunter2")
    var dumped = ""
    dump([container], to: &dumped)
    for text in [dumped, "\(container)", String(reflecting: container), String(describing: [container.environment])] {
      #expect(text.contains("COUCHDB_PASSWORD"))
      #expect(!text.contains("hunter2"))
    }
  }

  @Test(.enabled(if: DockerDaemon.isPossible, "needs root, docker.io and busybox-static"))
  func `an engine that is stuck is given up`() async throws {
    let daemon = try DockerDaemon()
    let endpoint = DockerEndpoint.unix(FilePath(daemon.socket))
    daemon.pause()

    let error = await #expect(throws: HTTPError.self) {
      try await DockerEngine.connect(to: endpoint, options: HTTPClient.Options(stallTimeout: .milliseconds(300)))
    }

    #expect(error?.kind == .timedOut)
  }

  @Test(.enabled(if: DockerDaemon.isPossible, "needs root, docker.io and busybox-static"))
  func `an engine over TLS knows its clients and is known by them`() async throws {
    let folder = try TemporaryFolder()
    let script = """
      set -e
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca-key.pem -out ca.pem
      for name in server client; do
        openssl req -newkey rsa:2048 -nodes -subj /CN=$name -keyout $name-key.pem -out $name.csr
        openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -out $name.pem \
          -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth')
      done
      mkdir mine stranger; cp ca.pem mine; cp client.pem mine/cert.pem; cp client-key.pem mine/key.pem; cp ca.pem stranger
      """
    #expect(try Program.run("/bin/bash", ["-c", script], in: folder.path).status == 0)
    let port = try Self.freePort()
    let daemon = try DockerDaemon([
      "--host", "tcp://127.0.0.1:\(port)", "--tlsverify", "--tlscacert", folder.path("ca.pem"), "--tlscert", folder.path("server.pem"),
      "--tlskey", folder.path("server-key.pem"),
    ])
    func connect(_ name: String) async throws -> DockerEngine {
      try await DockerEngine.connect(to: .tcp(host: "localhost", port: port, tls: FilePath(folder.path(name))))
    }

    #expect(try await connect("mine").version().isPodman == false)
    await #expect(throws: HTTPError.self) { try await connect("stranger") }
    let unknown = await #expect(throws: HTTPError.self) { try await connect("nowhere") }
    #expect(unknown?.kind == .tls)
    daemon.stop()
  }

  /// One that was free a moment ago.
  private static func freePort() throws -> UInt16 {
    let output = try Program.run(
      "/usr/bin/env", ["python3", "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"])
    return try #require(UInt16(output.text.split(separator: "\n").first ?? ""))
  }
}
