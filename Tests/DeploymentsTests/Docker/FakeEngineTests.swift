import Deployments
import Primitives
import Remotes
import SystemPackage
import TestSupport
import Testing

/// Engines older, newer and stranger than those at hand.
struct FakeEngineTests {
  @Test(arguments: [("1.24", "1.24"), ("1.41", "1.41"), ("1.44", "1.44"), ("1.51", "1.51"), ("1.99", "1.51"), ("2.0", "1.51")])
  func `the lower of both versions is spoken`(_ theirs: String, _ spoken: String) async throws {
    let fake = try FakeEngine(version: theirs, ["/v\(spoken)/info": "{}"])

    let engine = try await DockerEngine.connect(to: fake.endpoint)

    #expect(engine.apiVersion == spoken)
    #expect(try await engine.info().dataFolder == "")
  }

  @Test func `an engine too old, or something else, is said so`() async throws {
    let old = try FakeEngine(version: "1.23")
    let tooOld = await #expect(throws: DockerError.self) { try await DockerEngine.connect(to: old.endpoint) }
    #expect(tooOld?.kind == .tooOld)
    #expect(tooOld?.summary.hasSuffix("speaks version 1.23 of its API; 1.24 is needed") == true)

    for version in [nil, "", "new", "1"] {
      let other = try FakeEngine(version: version)
      let error = await #expect(throws: DockerError.self) { try await DockerEngine.connect(to: other.endpoint) }
      #expect(error?.kind == .notAnEngine)
    }
  }

  @Test func `null and missing fields are empty`() async throws {
    let nulls = """
      {"Id": "a", "Name": "/a", "Image": null, "State": null, "RestartCount": null, "Mounts": null, "NetworkSettings": {"Networks": null},
       "Config": {"Image": null, "Env": null, "Labels": null}, "HostConfig": {"PortBindings": null, "RestartPolicy": null}}
      """
    let odd = """
      {"Id": "b", "State": {"Status": "stopping", "StartedAt": "", "FinishedAt": "0001-01-01T00:00:00Z"},
       "Mounts": [{"Name": "v", "Source": "/s", "Destination": "/d"}, {"Source": "/s"}, {"Type": "cluster", "RW": false}],
       "NetworkSettings": {"Networks": {"z": null, "a": {}}}, "Config": {"Env": ["A", "=x", ""]},
       "HostConfig": {"PortBindings": {"443/tcp": [{"HostIp": "", "HostPort": ""}], "53/udp": null, "x": [{}], "80": [{"HostPort": "8080"}]}}}
      """
    let fake = try FakeEngine(
      version: "1.40",
      [
        "/v1.40/containers/json?all=1": #"[{"Id": "a"}, {"Id": "gone"}, {"Id": null}, {"Id": "b"}, {"Id": "c"}]"#,
        "/v1.40/containers/a/json": nulls, "/v1.40/containers/b/json": odd, "/v1.40/containers/c/json": "{}",
        "/v1.40/volumes": #"{"Volumes": null}"#, "/v1.40/images/i/json": #"{"RepoTags": null, "RepoDigests": null, "Config": null}"#,
        "/v1.40/version": #"{"Components": null, "Platform": {"Name": ""}}"#,
        "/v1.40/info": #"{"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}"#,
      ])
    let engine = try await DockerEngine.connect(to: fake.endpoint)

    let containers = try await engine.containers()

    #expect(containers.map(\.id) == ["a", "b", ""])
    #expect(containers[0].name == "a")
    #expect(containers[0].mounts.isEmpty && containers[0].environment.isEmpty && containers[0].restartPolicy == "no")
    let b = containers[1]
    #expect(b.state == .other("stopping"))
    #expect(b.started == nil && b.finished == nil)
    #expect(b.mounts.map(\.kind) == [.volume, .bind, .other("cluster")])
    #expect(b.networks == ["a", "z"])
    #expect(b.environment.map(\.name) == ["A", "", ""])
    #expect(b.ports.map(\.port) == [443, 80])
    #expect(b.ports.map(\.hostPort) == [nil, 8080])
    #expect(try await engine.volumes().isEmpty)
    #expect(try await engine.image("i").tags.isEmpty)
    #expect(try await engine.version().name == "Docker")
    #expect(try await engine.info().isRootless)
  }

  @Test func `a container that the engine fails to describe does not hide the others`() async throws {
    let list = #"[{"Id": "a"}, {"Id": "broken"}, {"Id": "odd"}, {"Id": "stuck"}, {"Id": "gone"}, {"Id": "b"}]"#
    let fake = try FakeEngine(
      version: "1.40",
      [
        "/v1.40/containers/json?all=1": list, "/v1.40/containers/a/json": #"{"Id": "a"}"#, "/v1.40/containers/broken/json": "!500",
        "/v1.40/containers/odd/json": "[]", "/v1.40/containers/stuck/json": "!wait", "/v1.40/containers/b/json": #"{"Id": "b"}"#,
      ])
    let engine = try await DockerEngine.connect(to: fake.endpoint, options: Self.impatient)

    let found = try await engine.listContainers()

    #expect(found.containers.map(\.id) == ["a", "b"] && found.failed == ["broken", "odd", "stuck"])
    #expect(try await engine.containers().map(\.id) == ["a", "b"])
  }

  @Test func `an engine that describes nothing any more is given up`() async throws {
    let ids = (1...9).map(String.init)
    let stuck = ids.map { ("/v1.40/containers/\($0)/json", "!wait") }
    let list = ("/v1.40/containers/json?all=1", "[" + ids.map { #"{"Id": "\#($0)"}"# }.joined(separator: ",") + "]")
    let fake = try FakeEngine(version: "1.40", Dictionary(uniqueKeysWithValues: stuck + [list]))
    let engine = try await DockerEngine.connect(to: fake.endpoint, options: Self.impatient)

    let error = await #expect(throws: HTTPError.self) { try await engine.listContainers() }

    #expect(error?.kind == .timedOut)
  }

  private static let impatient = HTTPClient.Options(stallTimeout: .milliseconds(300))

  /// As Docker and Podman say it, with the platform's name.
  @Test(arguments: [
    ("Engine", "", "Docker"), ("Engine", "Docker Engine - Community", "Docker Engine - Community"),
    ("Podman Engine", "linux/amd64/debian-12", "Podman Engine"),
  ])
  func `an engine has the name that people know`(_ component: String, _ platform: String, _ name: String) async throws {
    let fake = try FakeEngine(
      version: "1.40", ["/v1.40/version": #"{"Components": [{"Name": "\#(component)"}], "Platform": {"Name": "\#(platform)"}}"#])

    let version = try await DockerEngine.connect(to: fake.endpoint).version()

    #expect(version.name == name && version.isPodman == name.hasPrefix("Podman"))
  }

  @Test(arguments: ["{", "[", "nonsense", "[{\"Id\": 7}]", "{}", "null"])
  func `an answer that cannot be read is an error`(_ text: String) async throws {
    let fake = try FakeEngine(version: "1.40", ["/v1.40/containers/json?all=1": text])
    let engine = try await DockerEngine.connect(to: fake.endpoint)

    let error = await #expect(throws: DockerError.self) { try await engine.containers() }

    #expect(error?.kind == .malformed)
  }

  @Test func `an archive that is cut is an error`() async throws {
    var tar = TarBuilder()
    tar.add("ssl/", type: "5")
    tar.add("ssl/cert.pem", body: Array("cert".utf8))
    let text = String(decoding: tar.bytes, as: UTF8.self)
    let path = "/v1.40/containers/web/archive?path=%2Fssl"
    let whole = try FakeEngine(version: "1.40", [path: text + String(decoding: TarBuilder.end, as: UTF8.self)])
    let cut = try FakeEngine(version: "1.40", [path: text])

    let files = try await DockerEngine.connect(to: whole.endpoint).files(in: "web", under: "/ssl", largest: 100)
    let error = await #expect(throws: ArchiveError.self) {
      try await DockerEngine.connect(to: cut.endpoint).files(in: "web", under: "/ssl", largest: 100)
    }

    #expect(files.map(\.path) == ["", "cert.pem"])
    #expect(error?.kind == .truncated)
  }
}
