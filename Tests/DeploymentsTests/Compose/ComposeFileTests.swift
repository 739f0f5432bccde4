import SystemPackage
import Testing

import Deployments

struct ComposeFileTests {
  private static func read(_ text: String, _ environment: [String: String] = ComposeSamples.environment) throws -> ComposeFile {
    try ComposeFile(bytes: Array(text.utf8)) { environment[$0] }
  }

  @Test func `services have their images and mounts, interpolated`() throws {
    let file = try Self.read(ComposeSamples.database)

    #expect(file.services.map(\.name) == ["database", "index"])
    #expect(file.services[0].image?.raw == "registry.example.org/clinic/database:${TAG:-latest}")
    #expect(file.services[0].image?.resolved == "registry.example.org/clinic/database:4.22.0")
    #expect(file.services[0].mounts.map(\.kind) == [.bind("/mnt/ebs/couchdb"), .volume("credentials")])
    #expect(file.services[0].mounts.map(\.target) == ["/opt/couchdb/data", "/opt/couchdb/etc/local.d/"])
    #expect(file.services.map(\.networks) == [["clinic-net"], ["clinic-net"]])
    #expect(file.networks.map(\.name?.resolved) == ["clinic-net"])
    #expect(file.services.map(\.line) == [3, 13])
  }

  @Test func `defaults that are relative start from the working folder`() throws {
    let paths = try Self.read(ComposeSamples.database, [:]).hostPaths(workingFolder: "/docker-compose", home: nil)

    #expect(paths.map(\.path) == ["/docker-compose/srv", "/docker-compose/srv/index"])
    #expect(paths.map(\.why) == [.mount(target: "/opt/couchdb/data"), .mount(target: "/data/index")])
  }

  @Test func `variables that are not set are noted and stop nothing`() throws {
    let file = try Self.read(ComposeSamples.updater)
    let mounts = file.services[0].mounts

    #expect(mounts.map(\.kind) == [.bind("/var/run/docker.sock"), .unresolved, .unresolved])
    #expect(mounts.map(\.target) == ["/var/run/docker.sock", "/config", "/docker-compose"])
    #expect(mounts.map(\.text?.unset) == [[], ["CONFIG_PATH"], ["FILES_PATH"]])
    #expect(file.networks == [.init(key: "clinic-net", name: file.networks[0].name, isExternal: true)])
  }

  @Test func `a path with a hole in it tells so`() throws {
    let paths = try Self.read("services: {a: {image: x, volumes: ['${ROOT}/data:/data', '${MUST:?say}:/x']}}")

    #expect(paths.hostPaths(workingFolder: "/w", home: nil).map(\.unset) == [["ROOT"]])
    #expect(paths.services[0].mounts.map(\.kind) == [.bind("/data"), .unresolved])
    #expect(paths.services[0].mounts[1].target == "/x")
    #expect(paths.services[0].mounts[1].text?.problem == InterpolationError(kind: .required("MUST")))
  }

  @Test func `all that a file takes from the host is found`() throws {
    let file = try Self.read(ComposeSamples.everything)

    let paths = file.hostPaths(workingFolder: "/home/clinic/compose", home: "/home/clinic")

    let expected: [(String, String?, ComposeFile.Why)] = [
      ("/home/clinic/Caddyfile", "proxy", .mount(target: "/etc/caddy/Caddyfile")),
      ("/home/clinic/shared", "proxy", .mount(target: "/srv/shared")),
      ("/home/clinic/compose/site", "proxy", .mount(target: "/srv/site")),
      ("/home/clinic/compose/proxy.env", "proxy", .environmentFile(isRequired: true)),
      ("/home/clinic/compose/optional.env", "proxy", .environmentFile(isRequired: false)),
      ("/home/clinic/compose/exporter.env", "exporter", .environmentFile(isRequired: true)),
      ("/home/clinic/compose/exporter", "exporter", .build),
      ("/home/clinic/compose/base/monitor.yml", "monitor", .extends),
      ("/mnt/state", "proxy", .volumeDevice("state")),
      ("/home/clinic/compose/banner.txt", "proxy", .config("banner")),
      ("/etc/clinic/token", "proxy", .secret("token")),
      ("/etc/unused", nil, .secret("unused")),
      ("/home/clinic/compose/extra/compose.yml", nil, .include),
      ("/home/clinic/compose/one.yml", nil, .include),
      ("/home/clinic/compose/two.yml", nil, .include),
      ("/home/clinic/compose/extra/.env", nil, .includeEnvironmentFile),
    ]
    #expect(paths.map(\.path.string) == expected.map(\.0))
    #expect(paths.map(\.service) == expected.map(\.1))
    #expect(paths.map(\.why) == expected.map(\.2))
  }

  @Test func `anchors, merge keys and what comes with them are followed`() throws {
    let file = try Self.read(ComposeSamples.everything)

    #expect(file.name?.resolved == "clinic")
    #expect(file.services[0].containerName?.resolved == "replaced")
    #expect(file.services[0].image?.resolved == "example/caddy:2")
    #expect(file.services[0].networks == ["inner"])
    #expect(
      file.services[0].mounts.map(\.kind) == [
        .volume("certs"), .bind("~/Caddyfile"), .bind("../shared"), .anonymous, .bind("./site"), .volume("state"), .anonymous, .tmpfs,
      ])
    #expect(file.services[0].mounts.map(\.isReadOnly) == [true, true, false, false, true, false, false, false])
    #expect(file.services[0].configs == ["banner", "rules"])
    #expect(file.services[1].mounts.map(\.kind) == [.volume("certs")])
    #expect(file.services[1].containerName?.resolved == "exporter-4.22.0")
    #expect(file.services[2].extends?.service == "monitor")
  }

  @Test func `volumes of the engine are kept apart from host paths`() throws {
    let file = try Self.read(ComposeSamples.everything)

    #expect(file.usedVolumes.map(\.volume.key) == ["certs", "state", "remote"])
    #expect(file.usedVolumes.map(\.services) == [["proxy", "exporter"], ["proxy"], []])
    #expect(file.volumes.map(\.isExternal) == [true, false, false])
    #expect(file.volumes[0].name?.resolved == "clinic_ssl")
    #expect(file.volumes[1].boundDevice?.resolved == "/mnt/state")
    #expect(file.volumes[2].boundDevice == nil)
    #expect(try Self.read("services: {a: {image: x, volumes: [data:/data]}}").usedVolumes.map(\.volume.key) == ["data"])
  }

  @Test func `paths of another home are left out without one`() throws {
    let file = try Self.read("services: {a: {volumes: ['~/x:/x', '~user:/y', './a/../../b:/b']}}")

    #expect(file.hostPaths(workingFolder: "/w/p", home: nil).map(\.path) == ["/w/b"])
    #expect(file.hostPaths(workingFolder: "/w/p", home: "/h").map(\.path) == ["/h/x", "/h/user", "/w/b"])
  }

  @Test(arguments: [
    "", "\n", "# nothing\n", "text", "12", "[]", "{}", "- services", "services:", "services: []", "services: text\n", "volumes: {a: }",
    "include: text",
  ])
  func `what has neither services nor includes is no compose file`(_ text: String) {
    #expect(throws: ComposeFileError(kind: .notCompose, line: nil)) { try Self.read(text) }
  }

  @Test(arguments: [
    ("services: {a: }\nb: [", 2), ("a: b: c", 1), ("services:\n  a: {image: x}\n  a: {image: y}\n", 2), ("services: *none\n", 1),
    ("\tservices:", 1),
    ("services: &a {b: *a}", 1),
  ])
  func `what is no YAML is refused with its line`(_ text: String, _ line: Int) {
    let error = #expect(throws: ComposeFileError.self) { try Self.read(text) }

    #expect(error?.kind == .notYAML)
    #expect(error?.line != nil && error!.line! >= line, "\(String(describing: error))")
  }

  @Test func `parts of a wrong shape are passed over`() throws {
    let file = try Self.read(
      """
      services:
        a: 5
        b: [x]
        c:
          image: {x: y}
          container_name: 7
          volumes: text
          env_file: {a: b}
          configs: 5
          extends: [1]
          build: []
        d:
          volumes: [1, [2], {}, {type: bind}, {type: bind, source: {}}, {type: 5, source: x}, null, "", ":", "aa:bb:cc:dd", "::", {source: ./x}]
          env_file: [1.env, {}, {path: [x]}, null]
          networks: 3
          secrets: [{}, [], null]
        ? [complex, key]
        : {image: x}
      volumes: [a]
      networks: {a: 1, b: }
      configs: {a: {file: {}}}
      include: [{path: {}}, 4]
      <<: 5
      """)

    #expect(file.services.map(\.name) == ["a", "b", "c", "d"])
    #expect(file.services[2].containerName?.resolved == "7")
    #expect(
      file.services[3].mounts.map(\.kind) == [
        .anonymous, .unresolved, .unresolved, .unresolved, .other("5"), .unresolved, .anonymous, .unresolved, .anonymous, .bind("./x"),
      ])
    #expect(file.services[3].environmentFiles.map(\.path.raw) == ["1.env"])
    #expect(file.hostPaths(workingFolder: "/w", home: nil).map(\.path) == ["/w/x", "/w/1.env", "/w/4"])
  }

  @Test func `a star in a text stays a star`() throws {
    let file = try Self.read("services: {a: {image: 'x*', container_name: a*b}, '*': {image: \"*\"}}\n")

    #expect(file.services.map(\.name) == ["a", "*"])
    #expect(file.services.map(\.image?.raw) == ["x*", "*"])
    #expect(file.services[0].containerName?.raw == "a*b")
  }

  @Test func `an anchor named twice means what it meant at the alias's place`() throws {
    let file = try Self.read("x-a: &a one\nservices:\n  s: {image: *a}\n  t: {image: &a two}\n  u: {image: *a}\n")

    #expect(file.services.map(\.image?.raw) == ["one", "two", "two"])
  }

  @Test func `a NUL ends no path early`() throws {
    let file = try Self.read("services: {a: {image: x, volumes: [\"/etc\\0/x:/x\"], env_file: \"a\\0b\"}}")

    #expect(file.hostPaths(workingFolder: "/w", home: nil).isEmpty)
  }
}
