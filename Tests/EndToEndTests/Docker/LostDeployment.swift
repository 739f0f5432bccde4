import Foundation
import TestSupport
import Testing

/// A CHT that is backed up and then lost, in whole or in part, and `akiba restore --deployment` on its host.
struct LostDeployment {
  let hosted: HostedDeployment
  let recovery: RecoveryHost

  var host: CHTHost { hosted.host }
  var cht: CHTInstallation { hosted.cht }

  /// Brings it up and backs it up. What is started on the host from then on is as after a restore: the upgrade service does its work, and
  /// CouchDB answers with what the snapshot says it had.
  ///
  /// - Parameter damage: to the first node's data, before the backup.
  init(
    _ layout: CHTLayout, on host: CHTHost, backup arguments: [String] = [], status: Int32 = 0, damage: (URL) throws -> Void = { _ in }
  ) throws {
    try host.machine.bash("rm -rf /var/lib/akiba")
    hosted = try HostedDeployment(host, try host.bringUp(layout))
    recovery = try RecoveryHost(hosted, isNested: false)
    try hosted.initialise()
    try damage(URL(filePath: hosted.cht.dataFolders[0]))
    let backup = try hosted.run([try Akiba.executable(), "backup"] + arguments)
    try #require(backup.status == status, "\(backup.standardError)")
    try host.makeUpgradeServiceAct()
    try host.makeCouchDBAnswer(counts(), for: layout.version)
  }

  /// Documents and deleted ones, by database.
  func counts() throws -> [String: (documents: Int, deleted: Int)] { try Self.counts(of: hosted.resticRestore()) }

  /// - Parameter snapshot: restored, its manifest at least.
  static func counts(of snapshot: URL) throws -> [String: (documents: Int, deleted: Int)] {
    struct Manifest: Decodable {
      struct Database: Decodable {
        let name: String
        let documents: Int
        let deleted: Int
      }
      let databases: [Database]
    }
    let bytes = try Data(contentsOf: snapshot.appending(path: "akiba/manifest.json"))
    let manifest = try JSONDecoder().decode(Manifest.self, from: bytes)
    return Dictionary(uniqueKeysWithValues: manifest.databases.map { ($0.name, ($0.documents, $0.deleted)) })
  }

  // MARK: What a person types

  func command(_ more: [String] = []) throws -> [String] {
    let location = ["--repository", hosted.repository, "--key-file", hosted.folder + "/etc/recovery.key"]
    return [try Akiba.executable(), "restore", "latest", "--deployment"] + location + more
  }

  func restore(_ more: String...) throws -> Program.Output { try host.run(command(more)) }

  func rollBack(_ more: String...) throws -> Program.Output { try host.run([Akiba.executable(), "restore", "--roll-back"] + more) }

  /// A run that fails at the step before the last but one: everything is in its place and nothing runs.
  func restoreWithoutCompose() throws -> Program.Output {
    let plugin = "/usr/libexec/docker/cli-plugins/docker-compose"
    try host.machine.bash(
      #"mv "$0" /tmp/compose; printf '#!/bin/sh\ncase "$*" in *" up "*) exit 9;; esac\nexec /tmp/compose "$@"\n' >"$0"; chmod +x "$0""#,
      arguments: [plugin])
    defer { _ = try? host.machine.bash(#"mv /tmp/compose "$0""#, arguments: [plugin]) }
    return try restore("--replace")
  }

  /// Where the journal is in runs that are killed: in a folder that is seen from outside, at once.
  var state: String { hosted.folder + "/state" }

  /// Kills a run that replaces as soon as so many steps are done.
  ///
  /// - Returns: how many were.
  @discardableResult
  func restoreKilled(after steps: Int) throws -> Int {
    let running = try host.machine.start(command(["--replace", "--state", state]))
    while running.isRunning, stepsDone < steps { usleep(200) }
    // `nsenter` waits for the program, which is its only child.
    let children = (try? String(contentsOfFile: "/proc/\(running.identifier)/task/\(running.identifier)/children", encoding: .utf8)) ?? ""
    for child in children.split(separator: " ").compactMap({ pid_t($0) }) { kill(child, SIGKILL) }
    _ = try running.wait()
    return stepsDone
  }

  /// As the journal has it; none without one.
  private var stepsDone: Int {
    struct Journal: Decodable { let done: [String] }
    let bytes = FileManager.default.contents(atPath: state + "/restore-\(cht.project).json") ?? Data()
    return (try? JSONDecoder().decode(Journal.self, from: bytes))?.done.count ?? 0
  }

  // MARK: What has to be true

  private struct NotRunning: Error { let services: String }

  /// - Parameter isRestored: `false`: it is as it was before the restore.
  func expectRunning(isRestored: Bool = true) throws {
    try recovery.expectRestored()
    for file in [cht.folders.environmentFile, cht.keyFile, cht.credentialsFile] where isRestored {
      #expect(try URL(filePath: file).permissions() == 0o600, "\(file)")
    }
    try expectServices(of: cht.project)
    #expect(try hosted.akiba("verify", "--data", cht.dataFolders[0]).status == 0)
  }

  func expectServices(of project: String, sslVolume: String? = nil) throws {
    let filter = "label=com.docker.compose.project=\(project)"
    try eventually {
      let services = try host.docker("ps", "--filter", filter, "--format", #"{{.Label "com.docker.compose.service"}}"#).split(
        separator: "\n")
      guard Set(services.map(String.init)).isSuperset(of: cht.layout.services) else {
        throw NotRunning(services: services.joined(separator: " "))
      }
    }
    let served = try host.machine.bash(
      "echo | openssl s_client -connect 127.0.0.1:\(cht.layout.httpsPort) 2>/dev/null | openssl x509 -fingerprint -noout")
    let folder = try host.docker("volume", "inspect", "--format", "{{.Mountpoint}}", sslVolume ?? cht.sslVolume)
    #expect(try served == host.machine.bash("openssl x509 -in '\(folder)/cert.pem' -fingerprint -noout"))
    let policies = try host.machine.bash(
      "docker ps --quiet --filter \(filter) | xargs docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' | sort -u")
    #expect(!policies.split(separator: "\n").contains("no"), "a reboot has to start all of it: \(policies)")
  }

  /// No secret is in what was said.
  func expectDiscreet(_ outputs: Program.Output...) {
    for secret in cht.secrets {
      for output in outputs { #expect(!output.text.contains(secret) && !output.standardError.contains(secret)) }
    }
  }
}
