import Deployments
import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Which container is asked for a path of the host, and where in it.
final class EngineVolumesTests {
  private var fakes: [FakeEngine] = []

  private struct Mount: Encodable {
    var `Type` = "bind"
    var Name = ""
    var Source: String
    var Destination: String
  }

  private func json(_ value: some Encodable) throws -> String { try String(decoding: JSONEncoder().encode(value), as: UTF8.self) }

  /// - Parameter archives: what containers have: the content of a file by container and path.
  private func volumes(_ containers: [String: [Mount]], volumes: String = "[]", archives: [String: String]) async throws -> EngineVolumes {
    struct Named: Encodable { let Id: String }
    var answers = [
      "/v1.40/version": "{}", "/v1.40/info": "{}", "/v1.40/volumes": #"{"Volumes": \#(volumes)}"#,
      "/v1.40/containers/json?all=1": try json(containers.keys.sorted().map { Named(Id: $0) }),
    ]
    for (id, mounts) in containers {
      answers["/v1.40/containers/\(id)/json"] = #"{"Id": "\#(id)", "State": {"Status": "running"}, "Mounts": \#(try json(mounts))}"#
    }
    for (place, text) in archives {
      let parts = place.split(separator: ":").map(String.init)
      var tar = TarBuilder()
      tar.add(String(parts[1].split(separator: "/").last ?? ""), body: Array(text.utf8))
      let path = parts[1].replacing("/", with: "%2F")
      answers["/v1.40/containers/\(parts[0])/archive?path=\(path)"] = String(decoding: tar.bytes + TarBuilder.end, as: UTF8.self)
    }
    let fake = try FakeEngine(version: "1.40", answers)
    let engine = try await DockerEngine.connect(to: fake.endpoint)
    fakes.append(fake)
    return EngineVolumes(
      engine: engine, snapshot: try await EngineSnapshot(of: engine),
      now: FileTime(seconds: 1_700_000_000, nanoseconds: 0))
  }

  private func text(_ volumes: EngineVolumes, _ path: FilePath) async throws -> String? {
    try await volumes.files(at: path)?.first.map { String(decoding: $0.content, as: UTF8.self) }
  }

  @Test func `a mount whose place on the host is not said is not the place of everything`() async throws {
    let plugin = Mount(Type: "volume", Name: "remote", Source: "", Destination: "/data")
    let found = try await volumes(
      ["a": [plugin], "b": [Mount(Source: "/srv/tls", Destination: "/tls")]],
      volumes: #"[{"Name": "remote", "Driver": "plugin", "Mountpoint": ""}]"#,
      archives: [
        "a:/data/srv/tls/key.pem": "wrong", "a:/srv/tls/key.pem": "wrong", "a:/data/other": "wrong", "a:/other": "wrong",
        "b:/tls/key.pem": "right",
      ])

    #expect(try await text(found, "/srv/tls/key.pem") == "right")
    #expect(try await text(found, "/other") == nil)
    #expect(found.hostPath(of: "/data/x", linkedFrom: "/srv/tls/key.pem") == nil)
  }

  @Test(arguments: ["/srv/tls", "/srv/tls/", "/srv//tls"])
  func `a slash at the end of a source makes no difference`(_ source: String) async throws {
    let found = try await volumes(
      ["a": [Mount(Source: source, Destination: "/tls/")]], archives: ["a:/tls/key.pem": "key", "a:/tls": "whole"])

    #expect(try await text(found, "/srv/tls/key.pem") == "key")
    #expect(try await text(found, "/srv/tls") == "whole")
    #expect(try await text(found, "/srv/tls2/key.pem") == nil)
  }

  @Test func `a mount made for a path is asked before one that only has it, and not through another mount`() async throws {
    let found = try await volumes(
      [
        "a": [Mount(Source: "/", Destination: "/rootfs")],
        "b": [Mount(Source: "/srv", Destination: "/srv"), Mount(Source: "/elsewhere", Destination: "/srv/tls")],
        "c": [Mount(Source: "/srv/tls", Destination: "/tls")],
      ],
      archives: ["a:/rootfs/srv/tls/key.pem": "root's", "b:/srv/tls/key.pem": "another", "c:/tls/key.pem": "right", "a:/rootfs/etc/x": "x"])

    #expect(try await text(found, "/srv/tls/key.pem") == "right")
    #expect(try await text(found, "/etc/x") == "x")
  }

  @Test func `a volume made of a folder is read for that folder, and for its own place`() async throws {
    let place = "/var/lib/docker/volumes/tls/_data"
    let found = try await volumes(
      ["a": [Mount(Type: "volume", Name: "tls", Source: place, Destination: "/tls")]],
      volumes: """
        [{"Name": "tls", "Driver": "local", "Mountpoint": "\(place)", "Options": {"type": "none", "o": "bind", "device": "/srv/tls"}}]
        """,
      archives: ["a:/tls/key.pem": "key"])

    #expect(try await text(found, "/srv/tls/key.pem") == "key")
    #expect(try await text(found, FilePath(place).appending("key.pem")) == "key")
  }

  @Test func `what a link leads to is found in the container's other mounts`() async throws {
    let found = try await volumes(
      ["a": [Mount(Source: "/srv/live", Destination: "/certs/live"), Mount(Source: "/mnt/archive", Destination: "/certs/archive")]],
      archives: [:])

    #expect(found.hostPath(of: "../archive/key1.pem", linkedFrom: "/srv/live/key.pem") == "/mnt/archive/key1.pem")
    #expect(found.hostPath(of: "/certs/archive/key1.pem", linkedFrom: "/srv/live/key.pem") == "/mnt/archive/key1.pem")
    #expect(found.hostPath(of: "/certs/live/key1.pem", linkedFrom: "/srv/live/key.pem") == "/srv/live/key1.pem")
    #expect(found.hostPath(of: "/etc/key1.pem", linkedFrom: "/srv/live/key.pem") == nil)
    #expect(found.hostPath(of: "/certs/live/key1.pem", linkedFrom: "/home/key.pem") == nil)
  }
}
