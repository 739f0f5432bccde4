import Foundation
import TestSupport
import Testing

/// A CHT on a host together with the akiba that backs it up.
struct HostedDeployment {
  enum User { case root, docker }

  let host: CHTHost
  let cht: CHTInstallation
  let folder: String

  var configuration: String { folder + "/etc/akiba.yaml" }
  var repository: String { folder + "/usb" }

  init(_ host: CHTHost, _ cht: CHTInstallation) throws {
    self.host = host
    self.cht = cht
    folder = host.folder + "/home/akiba-\(UUID().uuidString.prefix(6))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
  }

  /// Runs on the host.
  func run(_ command: [String], user: User = .root) throws -> Program.Output {
    let environment = ["AKIBA_CONFIG": configuration, "TMPDIR": folder]
    guard user == .docker else { return try host.run(command, environment: environment) }
    // A user of the group that owns the socket, as CHT's guide sets them up.
    try host.machine.bash("chgrp 4711 /var/run/docker.sock \(host.socket) && chmod 660 \(host.socket) && chmod a+x \(host.folder)")
    return try host.run(["setpriv", "--reuid=65534", "--regid=65534", "--groups=4711"] + command, environment: environment)
  }

  @discardableResult
  func akiba(_ arguments: String..., user: User = .root) throws -> Program.Output {
    try run([try Akiba.executable()] + arguments, user: user)
  }

  func initialise(user: User = .root) throws {
    let output = try akiba("init", "--to", "usb=\(repository)", user: user)
    try #require(output.status == 0, "akiba init: \(output.text)\(output.standardError)")
  }

  @discardableResult
  func backup(user: User = .root) throws -> [String: Any] {
    let output = try akiba("backup", "--json", user: user)
    try #require(output.status == 0, "akiba backup: \(output.text)\(output.standardError)")
    return try #require(output.objects().last { $0["type"] as? String == "backup" })
  }

  /// The newest snapshot, restored by stock restic.
  func resticRestore() throws -> URL {
    let target = folder + "/restored-\(UUID().uuidString.prefix(6))"
    let key = folder + "/etc/recovery.key"
    let output = try host.run(
      ["restic", "--no-cache", "--repo", repository, "--password-file", key, "restore", "latest", "--target", target])
    try #require(output.status == 0, "restic: \(output.standardError)")
    return URL(filePath: target)
  }
}
