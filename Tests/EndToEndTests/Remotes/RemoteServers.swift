import Foundation
import TestSupport
import Testing

/// An SFTP server, an S3 server behind a line that can be cut, and a REST server, with a deployment that is backed up to all of them.
final class RemoteServers: Sendable {
  static let isPossible = geteuid() == 0

  let ssh: SSHServer
  let s3: SeaweedS3
  /// Between akiba and the S3 server; counts bytes.
  let line: CuttingProxy
  let rest: RcloneRESTServer
  let folder: TemporaryFolder

  init() throws {
    ssh = try SSHServer()
    s3 = try SeaweedS3()
    line = try CuttingProxy(to: try #require(s3.endpoint.split(separator: ":").last.flatMap { UInt16($0) }))
    rest = try RcloneRESTServer(login: .init(user: "akiba", password: Self.restPassword))
    folder = try TemporaryFolder()
    try s3.makeBucket("akiba")
    try write(
      """
      [default]
      aws_access_key_id = \(s3.accessKey)
      aws_secret_access_key = \(s3.secret)
      """, to: "s3.credentials")
    try write("RESTIC_REST_USERNAME=akiba\nRESTIC_REST_PASSWORD=\(Self.restPassword)\n", to: "rest.credentials")
  }

  private static let restPassword = "hunter2-rest"

  /// What must not appear anywhere.
  var secrets: [String] { [s3.secret, Self.restPassword] }

  var s3Address: String { "s3:http://127.0.0.1:\(line.port)/akiba/cht" }

  static let names = ["office", "cloud", "server"]

  /// As `--to` takes it.
  func place(_ name: String, patience: String = "30 seconds") -> String {
    let place =
      switch name {
      case "office": "sftp:\(ssh.host):\(ssh.folder)/cht,ssh-config=\(ssh.sshConfig),medium=server"
      case "cloud": "\(s3Address),credentials=\(folder.path("s3.credentials")),medium=object-storage,off-site=yes"
      default: "\(rest.address)cht/,credentials=\(folder.path("rest.credentials"))"
      }
    return "\(name)=\(place),patience=\(patience)"
  }

  /// At `folder`, a folder, and at `office`, `cloud` and `server`.
  func deployment(patience: String = "30 seconds", and more: [String] = []) throws -> TestDeployment {
    let places = Self.names.map { place($0, patience: patience) } + more
    return try TestDeployment.withCredentials(locations: ["folder"], options: places.flatMap { ["--to", $0] })
  }

  /// Stock restic on a location, with what it needs to get there.
  ///
  /// - Parameter folder: beside akiba's repository there may be others.
  func restic(
    _ location: String, of deployment: TestDeployment, _ arguments: [String], folder name: String = "cht"
  ) throws -> Program.Output {
    let (address, options, environment): (String, [String], [String: String]) =
      switch location {
      case "office": ("sftp:\(ssh.host):\(ssh.folder)/\(name)", ["-o", "sftp.command=\(ssh.resticCommand)"], [:])
      case "cloud":
        ("s3:\(s3.endpoint)/akiba/\(name)", [], ["AWS_ACCESS_KEY_ID": s3.accessKey, "AWS_SECRET_ACCESS_KEY": s3.secret])
      case "server": (rest.address.replacing("://", with: "://akiba:\(Self.restPassword)@") + "\(name)/", [], [:])
      default: (name == "cht" ? deployment.repositories[0] : deployment.folder.path(name), [], [:])
      }
    return try Program.run(
      "/usr/bin/env", ["restic", "--no-cache", "--repo", address, "--password-file", deployment.workingKey] + options + arguments,
      environment: environment)
  }

  func expectResticFindsNoErrors(_ location: String, of deployment: TestDeployment) throws {
    let output = try restic(location, of: deployment, ["check", "--read-data"])
    #expect(output.status == 0 && output.text.contains("no errors were found"), "\(location): \(output.text)\(output.standardError)")
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.url.appending(path: name))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path(name))
  }
}

extension TestDeployment {
  func snapshots(at location: String) throws -> [String] {
    try akiba(["snapshots", "--location", location, "--json"]).objects().filter { $0["type"] as? String == "snapshot" }
      .compactMap { $0["id"] as? String }
  }

  /// More for a backup to carry: bytes that do not compress.
  func addPatients(megabytes: Int, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let file = folder.url.appending(path: "upgrade/patients-\(seed).bin")
    try Data((0..<megabytes).flatMap { _ in random.bytes(1_000_000) }).write(to: file)
  }
}
