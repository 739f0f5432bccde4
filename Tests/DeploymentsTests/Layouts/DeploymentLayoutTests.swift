import Deployments
import Foundation
import SystemPackage
import TestSupport
import Testing

struct DeploymentLayoutTests {
  /// A folder with files made by name; `couch` places become data folders.
  private struct Ground {
    let folder: TemporaryFolder

    init(files: [String] = [], folders: [String] = [], couch: [String] = []) throws {
      folder = try TemporaryFolder()
      for name in folders { try make(name) }
      for name in couch { try make("\(name)/shards/00000000-ffffffff") }
      for name in files + couch.map({ "\($0)/_dbs.couch" }) {
        try make(String(FilePath(name).removingLastComponent().string))
        try Data("x".utf8).write(to: folder.url.appending(path: name))
      }
    }

    func make(_ name: String) throws {
      try FileManager.default.createDirectory(at: folder.url.appending(path: name), withIntermediateDirectories: true)
    }

    func path(_ name: String = "") -> FilePath { name.isEmpty ? FilePath(folder.path) : FilePath(folder.path(name)) }

    func recognize(_ name: String = "", _ environment: [String: String] = [:]) async throws -> [RecognizedLayout] {
      try await DeploymentLayout(dockerVolumes: path("volumes")) { _ in environment }.recognize(path(name))
    }
  }

  private static let guide = ["cht/compose/cht-core.yml", "cht/upgrade-service/docker-compose.yml", "cht/upgrade-service/.env"]

  @Test func `the guide's directory, with what .env says and what Docker keeps`() async throws {
    let ground = try Ground(
      files: Self.guide, folders: ["cht/certbot", "volumes/north_cht-ssl/_data", "volumes/north_cht-credentials/_data"],
      couch: ["disk/couchdb"])

    let layouts = try await ground.recognize(
      "cht", ["COUCHDB_DATA": ground.path("disk/couchdb").string, "CHT_COMPOSE_PROJECT_NAME": "north"])

    let layout = try #require(layouts.first)
    #expect(layouts.count == 1 && layout.kind == .chtDirectory && layout.notes == [])
    #expect(layout.nodes.map(\.dataFolder) == [ground.path("disk/couchdb")])
    #expect(layout.nodes[0].localD == ground.path("volumes/north_cht-credentials/_data"))
    #expect(layout.composeFolder == ground.path("cht/compose") && layout.upgradeService == [ground.path("cht/upgrade-service")])
    #expect(layout.tls?.folder == ground.path("volumes/north_cht-ssl/_data") && layout.extras == [ground.path("cht/certbot")])
  }

  @Test func `the data folder beside counts where .env names none that is one`() async throws {
    let ground = try Ground(files: Self.guide, couch: ["cht/couchdb"])

    let layout = try #require(try await ground.recognize("cht", ["COUCHDB_DATA": ground.path("cht").string]).first)

    #expect(layout.nodes.map(\.dataFolder) == [ground.path("cht/couchdb")] && layout.nodes[0].localD == nil)
    let missing = try #require(layout.missing.first)
    #expect(missing.variable == "COUCHDB_DATA" && missing.problem.contains("did you mean '\(ground.path("cht/couchdb"))'?"))
    #expect(layout.notes.contains { $0.contains("cht_cht-credentials") })
  }

  @Test func `a cluster on one host has three data folders, and a fourth is asked about`() async throws {
    let ground = try Ground(files: Self.guide, couch: ["a", "b", "c", "cht/couchdb"])
    let environment = ["DB1_DATA": "a", "DB2_DATA": "b", "DB3_DATA": "c"].mapValues { ground.path($0).string }

    let layout = try #require(try await ground.recognize("cht", environment).first)

    #expect(layout.nodes.map(\.dataFolder) == ["a", "b", "c"].map { ground.path($0) })
    #expect(layout.notes.contains { $0.contains("left over") && $0.contains("cht/couchdb") })
    #expect(layout.missing.isEmpty)
  }

  @Test func `a node's data folder that .env names and that is not there is told apart`() async throws {
    let ground = try Ground(files: Self.guide, couch: ["a", "b"])
    let environment = ["DB1_DATA": "a", "DB2_DATA": "b", "DB3_DATA": "c"].mapValues { ground.path($0).string }

    let layout = try #require(try await ground.recognize("cht", environment).first)

    #expect(layout.missing.map(\.variable) == ["DB3_DATA"] && layout.missing[0].folder == ground.path("c"))
    #expect(layout.missing[0].problem.contains("'\(ground.path("c"))' does not exist"))
  }

  @Test(
    arguments: [
      (["r/docker-compose.yml", "r/.env", "r/compose/cht-core.yml"], "r/data", ["r/docker-compose.yml", "r/.env"], true),
      (["r/upgrade-service.yml", "r/compose/cht-core.yml"], "r/couch", ["r/upgrade-service.yml"], true),
      (["r/docker-compose.yml", "r/cluster-overrides.yml", "r/.env"], "r/couchdb", ["r/docker-compose.yml", "r/.env"], false),
      (["r/upgrade-service/compose.yml", "r/upgrade-service/.env"], "r/couchdb", ["r/upgrade-service"], false),
    ])
  func `variants of the directory`(_ files: [String], _ data: String, _ service: [String], _ hasCompose: Bool) async throws {
    let ground = try Ground(files: files, couch: [data])

    let layout = try #require(try await ground.recognize("r", ["COUCHDB_DATA": ground.path(data).string]).first)

    #expect(layout.kind == .chtDirectory && layout.nodes.map(\.dataFolder) == [ground.path(data)])
    #expect(layout.upgradeService == service.map { ground.path($0) } && (layout.composeFolder != nil) == hasCompose)
  }

  @Test func `projects of the docker helper below one folder are all found`() async throws {
    let ground = try Ground(
      files: ["h/a-dir/upgrade-service.yml", "h/a-dir/compose/x.yml", "h/b-dir/upgrade-service.yml", "h/b-dir/compose/x.yml"],
      couch: ["h/a-dir/couch", "h/b-dir/couch"])

    #expect(try await ground.recognize("h").map(\.root) == [ground.path("h/a-dir"), ground.path("h/b-dir")])
  }

  private static let medicOS = [
    "srv/settings/medic-core/couchdb/local.ini", "srv/settings/medic-core/nginx/private/default.key", "srv/storage/medic-core/passwd/admin",
    "srv/storage/medic-core/openssh/x",
  ]

  @Test(arguments: ["srv", "srv/storage/medic-core", "srv/storage/medic-core/couchdb/data", "srv/settings/medic-core", "srv/storage", ""])
  func `a CHT 3 server, from wherever in it`(_ given: String) async throws {
    let ground = try Ground(files: Self.medicOS, couch: ["srv/storage/medic-core/couchdb/data"])

    let layout = try #require(try await ground.recognize(given).first)

    #expect(layout.kind == .medicOS && layout.root == ground.path("srv"))
    #expect(layout.nodes.map(\.dataFolder) == [ground.path("srv/storage/medic-core/couchdb/data")])
    #expect(layout.nodes[0].settings == [ground.path("srv/settings/medic-core/couchdb/local.ini")])
    #expect(layout.tls?.folder == ground.path("srv/settings/medic-core/nginx/private") && layout.tls?.certificate == "default.crt")
    #expect(
      layout.extras == ["storage/medic-core/openssh", "storage/medic-core/passwd", "settings/medic-core"].map { ground.path("srv/\($0)") })
  }

  @Test func `a copy of medic-core alone is recognized, and what it lacks is said`() async throws {
    let ground = try Ground(files: ["copy/passwd/admin"], couch: ["copy/couchdb/data"])

    let layout = try #require(try await ground.recognize("copy").first)

    #expect(layout.kind == .medicOS && layout.root == ground.path("copy") && layout.extras == [ground.path("copy/passwd")])
    #expect(layout.notes.contains { $0.contains("local.ini") } && layout.notes.contains { $0.contains("default.crt") })
  }

  @Test(arguments: ["data", "storage/medic-core/couchdb/data"])
  func `a Kubernetes volume, wherever on it the data is`(_ data: String) async throws {
    let ground = try Ground(
      files: ["pvc/local.d/cluster-credentials.ini"], folders: ["pvc/data/couchdb@127.0.0.1/shards"], couch: ["pvc/\(data)"])

    for given in ["pvc", "pvc/\(data)", "pvc/local.d"] + (data == "data" ? [] : ["pvc/storage/medic-core", "pvc/storage"]) {
      let layout = try #require(try await ground.recognize(given).first)
      #expect(layout.kind == .kubernetesVolume && layout.root == ground.path("pvc"))
      #expect(layout.nodes.map(\.dataFolder) == [ground.path("pvc/\(data)")] && layout.nodes[0].localD == ground.path("pvc/local.d"))
    }
  }

  @Test func `a bare data folder, given itself or the folder above`() async throws {
    let ground = try Ground(couch: ["x/main", "x/secondary1"])

    #expect(try await ground.recognize("x/main").map(\.kind) == [.dataFolder])
    #expect(try await ground.recognize("x").flatMap(\.nodes).map(\.dataFolder) == [ground.path("x/main"), ground.path("x/secondary1")])
    // One level too low.
    #expect(try await ground.recognize("x/main/shards").first?.nodes.first?.dataFolder == ground.path("x/main"))
  }

  @Test func `a data folder inside a CHT directory comes with it, that first`() async throws {
    let ground = try Ground(files: Self.guide, couch: ["cht/couchdb"])

    let layouts = try await ground.recognize("cht/couchdb")

    #expect(layouts.map(\.kind) == [.chtDirectory, .dataFolder] && layouts[0].notes.last?.contains("part of") == true)
    #expect(try await ground.recognize("cht/compose").map(\.kind) == [.chtDirectory])
  }

  @Test func `data on another disk is found through a symlink`() async throws {
    let ground = try Ground(files: Self.guide, couch: ["disk"])
    try FileManager.default.createSymbolicLink(atPath: ground.path("cht/couchdb").string, withDestinationPath: ground.path("disk").string)

    #expect(try await ground.recognize("cht").first?.nodes.map(\.dataFolder) == [ground.path("cht/couchdb")])
  }

  @Test func `what is nothing is refused with a hint`() async throws {
    let ground = try Ground(files: ["some/file"])

    for name in ["some", "some/file", "absent"] {
      let error = await #expect(throws: DataFolderError.self) { try await ground.recognize(name) }
      #expect(error?.hints.isEmpty == false, "\(name)")
    }
  }
}
