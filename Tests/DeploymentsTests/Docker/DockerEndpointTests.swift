import Foundation
import Primitives
import SystemPackage
import TestSupport
import Testing

import Deployments

struct DockerEndpointTests {
  private func candidates(_ environment: [String: String], home: FilePath? = "/home/u", user: UInt32 = 1000, root: FilePath = "/none")
    throws
    -> [DockerEndpoint]
  {
    try DockerEndpoint.candidates(environment: environment, home: home, userID: user, root: root)
  }

  @Test func `what was set by hand is the only one`() throws {
    #expect(try candidates(["DOCKER_HOST": "unix:///x/y.sock"]) == [.unix("/x/y.sock")])
    #expect(try candidates(["DOCKER_HOST": "unix://"]) == [.unix("/var/run/docker.sock")])
    #expect(try candidates(["DOCKER_HOST": "tcp://h:99"]) == [.tcp(host: "h", port: 99, tls: nil)])
    #expect(try candidates(["DOCKER_HOST": "tcp://h"]) == [.tcp(host: "h", port: 2375, tls: nil)])
    #expect(try candidates(["DOCKER_HOST": "tcp://:99/"]) == [.tcp(host: "localhost", port: 99, tls: nil)])
    #expect(try candidates(["DOCKER_HOST": "tcp://[::1]:99"]) == [.tcp(host: "::1", port: 99, tls: nil)])
    #expect(try candidates(["DOCKER_HOST": "tcp://[::1]"]) == [.tcp(host: "::1", port: 2375, tls: nil)])
  }

  @Test func `certificates are those of DOCKER_CERT_PATH or of the docker folder`() throws {
    let host = ["DOCKER_HOST": "tcp://h", "DOCKER_TLS_VERIFY": "1"]

    #expect(try candidates(host) == [.tcp(host: "h", port: 2376, tls: "/home/u/.docker")])
    #expect(try candidates(host.merging(["DOCKER_CERT_PATH": "/c"]) { $1 }) == [.tcp(host: "h", port: 2376, tls: "/c")])
    #expect(try candidates(host.merging(["DOCKER_TLS_VERIFY": ""]) { $1 }) == [.tcp(host: "h", port: 2375, tls: nil)])
  }

  @Test(arguments: [
    "ssh://medic:hunter2@h", "npipe:////./pipe/docker", "fd://", "h:2375", "tcp://h:x", "tcp://h:99999", "tcp://h/path", "tcp://u@h:1",
    "tcp://a:b:1",
  ])
  func `an engine we cannot speak to is said so, without the address`(_ host: String) throws {
    let error = #expect(throws: DockerError.self) { try candidates(["DOCKER_HOST": host]) }

    #expect(error?.kind == .unsupportedEndpoint)
    #expect(error?.summary.hasPrefix("DOCKER_HOST names an engine that cannot be used") == true)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func `without a word the usual places are tried in order`() throws {
    let found = try candidates(["XDG_RUNTIME_DIR": "/run/user/1000"], root: "/")

    #expect(
      found == [
        .unix("/var/run/docker.sock"), .unix("/run/user/1000/docker.sock"), .unix("/home/u/.docker/run/docker.sock"),
        .unix("/run/podman/podman.sock"), .unix("/run/user/1000/podman/podman.sock"),
      ])
  }

  @Test func `root also sees the engines of others, nobody else does`() throws {
    let root = try TemporaryFolder()
    let run = root.url.appending(path: "run/user")
    for name in ["1000/docker.sock", "1001/podman/podman.sock", "1002/other"] {
      let url = run.appending(path: name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: url)
    }
    let others: [DockerEndpoint] = [
      .unix(FilePath(run.path + "/1000/docker.sock")), .unix(FilePath(run.path + "/1001/podman/podman.sock")),
    ]

    #expect(try candidates([:], user: 0, root: FilePath(root.path)).suffix(2) == others[...])
    #expect(Set(try candidates([:], user: 7, root: FilePath(root.path))).isDisjoint(with: others))
  }

  /// A docker folder with contexts, written by the docker command itself.
  private func contexts() throws -> TemporaryFolder {
    let home = try TemporaryFolder()
    let request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ca"]
    let openssl = try Program.run("/usr/bin/env", request + ["-keyout", "ca.key", "-out", "ca.pem"], in: home.path)
    #expect(openssl.status == 0)
    for arguments in [
      ["context", "create", "near", "--docker", "host=unix:///near.sock"], ["context", "create", "far", "--docker", "host=ssh://u@far"],
      ["context", "create", "safe", "--docker", "host=tcp://safe:2376,ca=ca.pem"], ["context", "use", "near"],
    ] {
      let docker = try Program.run(
        "/usr/bin/env", ["docker"] + arguments, environment: ["DOCKER_CONFIG": home.path(".docker")], in: home.path)
      #expect(docker.status == 0, "\(docker.standardError)")
    }
    return home
  }

  @Test(.enabled(if: DockerDaemon.isPossible, "needs the docker command"))
  func `contexts of the docker command are understood`() throws {
    let home = try contexts()
    let path = FilePath(home.path)

    #expect(try candidates([:], home: path).first == .unix("/near.sock"))
    #expect(try candidates(["DOCKER_CONTEXT": "near"], home: path) == [.unix("/near.sock")])
    #expect(try candidates(["DOCKER_CONTEXT": "default"], home: path).count > 1)
    #expect(try candidates(["DOCKER_CONTEXT": "near", "DOCKER_HOST": "unix:///x"], home: path) == [.unix("/x")])
    #expect(try candidates(["DOCKER_CONTEXT": "near", "DOCKER_CONFIG": home.path(".docker")], home: nil) == [.unix("/near.sock")])
    guard case .tcp("safe", 2376, let tls?) = try candidates(["DOCKER_CONTEXT": "safe"], home: path)[0] else {
      Issue.record("no certificates")
      return
    }
    #expect(FileManager.default.fileExists(atPath: tls.appending("ca.pem").string))
    for name in ["far", "none"] {
      let error = #expect(throws: DockerError.self) { try candidates(["DOCKER_CONTEXT": name], home: path) }
      #expect(error?.kind == .unsupportedEndpoint)
      #expect(error?.summary.contains("'\(name)'") == true)
    }
  }

  @Test(arguments: ["", "{", "[]", "{\"currentContext\": 7}", "{\"currentContext\": \"gone\"}", "{\"currentContext\": null}"])
  func `a damaged configuration of the docker command does not matter`(_ text: String) throws {
    let home = try TemporaryFolder()
    try FileManager.default.createDirectory(at: home.url.appending(path: ".docker"), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: home.url.appending(path: ".docker/config.json"))

    #expect(try candidates([:], home: FilePath(home.path)).first == .unix("/none/var/run/docker.sock"))
  }
}
