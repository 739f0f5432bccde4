import Foundation
import TestSupport
import Testing

/// A host on which `RECOVERY.md` is followed to the letter, and the files that it has to bring back.
struct RecoveryHost {
  let hosted: HostedDeployment
  /// Where the upgrade service's `.env` lies.
  let upgradeService: String
  private let originals: [String: Data]

  private var machine: PrivateHost { hosted.host.machine }

  /// - Parameter isNested: the upgrade service's files lie where compose files and data have their folders, among others.
  init(_ hosted: HostedDeployment, isNested: Bool) throws {
    self.hosted = hosted
    let folders = hosted.cht.folders
    let upgradeService = isNested ? folders.cht : folders.upgradeService
    self.upgradeService = upgradeService
    try Self.install(on: hosted.host.machine)
    if isNested { try Self.nest(hosted) }
    let files = ["docker-compose.yml", ".env"].map { "\(upgradeService)/\($0)" }
    // Without COUCHDB_DATA the data are at a path that is the host's alone.
    let data = hosted.cht.dataFolders.prefix(1).filter { FileManager.default.fileExists(atPath: $0) }
    let sources = files + [folders.compose] + data + hosted.cht.volumeFolders.values
    originals = try Self.contents(of: sources).filter { !$0.key.contains("/compose/data/backup/") }
  }

  /// Compose as the docker command's plugin, and akiba where programs are.
  static func install(on machine: PrivateHost) throws {
    let compose = Corpora.packageRoot.appending(path: ".build/test-tools/docker-compose").path
    try machine.bash(
      #"install -D -m 755 "$0" /usr/libexec/docker/cli-plugins/docker-compose; ln -sfn "$1" /usr/bin/akiba; rm -rf /srv/restored"#,
      arguments: [compose, try Akiba.executable()])
  }

  private static func nest(_ hosted: HostedDeployment) throws {
    let folders = hosted.cht.folders
    try hosted.host.machine.bash(
      """
      docker rm --force \(hosted.cht.containers["cht-upgrade-service"] ?? "") >/dev/null
      cd \(folders.cht)
      mv upgrade-service/* upgrade-service/.env .
      rmdir upgrade-service
      sed -i 's|^DOCKER_CONFIG_PATH=.*|DOCKER_CONFIG_PATH=\(folders.cht)|' .env
      echo COMPOSE_PROJECT_NAME=upgrade-service >>.env
      mkdir reports
      echo neighbour >reports/2026.txt
      docker compose up --detach
      """)
  }

  static func contents(of paths: [String]) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for path in paths {
      let entries = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      for file in [path] + entries.map({ "\(path)/\($0)" }) {
        let kind = try FileManager.default.attributesOfItem(atPath: file)[.type] as? FileAttributeType
        if kind == .typeRegular { found[file] = try Data(contentsOf: URL(filePath: file)) }
      }
    }
    return found
  }

  /// Everything but images and what akiba wrote, as on a new server.
  func erase() throws {
    try machine.bash(
      """
      docker ps --all --quiet | xargs docker rm --force --volumes >/dev/null
      docker volume ls --quiet | xargs docker volume rm --force >/dev/null
      docker network ls --quiet --filter label=com.docker.compose.project | xargs -r docker network rm >/dev/null
      rm -rf \(hosted.host.home)
      """)
  }

  // MARK: RECOVERY.md

  func recovery() throws -> String {
    try String(contentsOf: hosted.resticRestore().appending(path: "akiba/RECOVERY.md"), encoding: .utf8)
  }

  /// The shell blocks, as a person would copy them.
  static func blocks(of text: String) -> [String] {
    var blocks: [String] = []
    var current: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      switch line.drop(while: { $0 == " " }) {
      case "```shell": current = []
      case "```":
        if let current { blocks.append(current.joined(separator: "\n")) }
        current = nil
      default: current?.append(line)
      }
    }
    return blocks
  }

  enum Way: Int { case akiba, restic }

  /// Does what it says.
  func follow(_ text: String, getting way: Way?) throws {
    let blocks = Self.blocks(of: text)
    try #require(blocks.count >= 5, "\(text)")
    let key = hosted.folder + "/etc/recovery.key"
    for block in (way.map { [blocks[$0.rawValue]] } ?? []) + blocks.dropFirst(2) {
      let output = try hosted.host.run(["bash", "-c", block.replacing("KEYFILE", with: key)])
      try #require(output.status == 0, "\(block)\n\(output.text)\(output.standardError)")
    }
  }

  // MARK: What has to be true afterwards

  func expectRestored() throws {
    for (path, bytes) in originals { #expect(try Data(contentsOf: URL(filePath: path)) == bytes, "\(path)") }
    // Docker makes the folder of search indexes anew, for the container that is to fill it.
    let data = hosted.cht.dataFolders[0]
    let strays = try hosted.host.machine.bash("find \(data) -path \(data)/nouveau -prune -o \\( ! -user 5984 -o ! -group 5984 \\) -print")
    #expect(strays.isEmpty, "not CouchDB's: \(strays)")
    #expect(originals.keys.contains { $0.hasSuffix("key.pem") } && originals.keys.contains { $0.hasSuffix("cluster-credentials.ini") })
    #expect(originals.keys.contains { $0.hasSuffix("_dbs.couch") } && originals.keys.contains { $0.hasSuffix(".yml") })
    let state = try hosted.host.docker(
      "ps", "--filter", "label=com.docker.compose.service=cht-upgrade-service", "--format", "{{.State}}")
    #expect(state == "running")
  }
}
