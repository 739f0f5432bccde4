import Deployments
import Files
import FoundationEssentials
import Primitives
import SystemPackage

/// What the CouchDB of a drill is given: the restored data, settings of its own, a place for its log. Nothing of production's.
struct ServerRoom {
  static let user = "akiba-drill"
  static let port = 5984
  /// In the environment of every process of a drill's server, so that a later drill finds what was left.
  static let mark = "AKIBA_DRILL"

  /// Settings and log; the server's user owns it.
  let folder: FilePath
  let data: FilePath
  /// Erlang's name of the node, as the shard map has it.
  let node: String
  let password: Secret
  /// Of the restored data.
  let owner: (user: UInt32, group: UInt32)

  init(_ folder: FilePath, data: FilePath, node: String) throws {
    self.folder = folder
    self.data = data
    self.node = node
    password = Secret(KeyFiles.newPassword())
    let metadata = try FileMetadata.of(data.appending("_dbs.couch"))
    owner = (metadata.owner, metadata.group)
  }

  var arguments: FilePath { folder.appending("vm.args") }
  var settings: FilePath { folder.appending("drill.ini") }
  var log: FilePath { folder.appending("couchdb.log") }

  /// - Parameters:
  ///   - inside: where the server sees the folder and the data.
  ///   - ownSettings: CouchDB's `default.ini`, where the server sees it.
  func furnish(inside: (folder: FilePath, data: FilePath), ownSettings: FilePath) throws {
    try Folder.make(folder)
    let lines = [
      "-name \(node)", "-setcookie \(KeyFiles.newPassword())", "-couch_ini \(ownSettings) \(inside.folder.appending("drill.ini"))",
      "-kernel error_logger silent", "-kernel inet_dist_use_interface {127,0,0,1}", "-sasl sasl_error_logger false", "+K true",
      "+Bd -noinput", "-os_mon start_cpu_sup false", "-os_mon start_memsup false",
    ]
    try DurableFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: arguments)
    try DurableFile.write(settingsText(inside: inside), to: settings)
    try DurableFile.write([], to: log)
    let owner = Environment.isRoot ? owner : nil
    for file in [arguments, settings, log] { try file.setMetadata(owner: owner, permissions: 0o600) }
    try folder.setMetadata(owner: owner, permissions: 0o700)
  }

  /// Both names of sections that changed theirs; a server reads what it knows.
  private func settingsText(inside: (folder: FilePath, data: FilePath)) -> [UInt8] {
    let secret = KeyFiles.newPassword()
    let head = """
      [couchdb]
      uuid = \(Hex.encode((0..<16).map { _ in UInt8.random(in: 0 ... .max) }))
      database_dir = \(inside.data)
      view_index_dir = \(inside.data)
      single_node = false
      max_document_size = 4294967296

      [cluster]
      n = 1

      [chttpd]
      bind_address = 127.0.0.1
      port = \(Self.port)
      require_valid_user = false

      [httpd]
      bind_address = 127.0.0.1
      port = 5986

      [couch_httpd_auth]
      secret = \(secret)
      iterations = 1

      [chttpd_auth]
      secret = \(secret)
      iterations = 1

      [replicator]
      max_jobs = 0

      [smoosh]
      state_dir = \(inside.folder)

      [nouveau]
      enable = false

      [log]
      writer = file
      file = \(inside.folder.appending("couchdb.log"))
      level = notice

      [admins]
      \(Self.user) =
      """
    return password.withBytes { Array(head.utf8) + [0x20] + $0 + [0x0a] }
  }

  // MARK: The log

  /// What CouchDB says only when its files are not as they should be.
  private static let alarms = [
    "creating missing database", "file_corruption", "read_beyond_eof", "invalid_compression", "wrong signature", "bad header",
  ]
  private static let largestLog = 256 << 20

  /// Lines that must not be there, shortened.
  func alarmingLines() throws -> [String] {
    let file = try HeldFile(opening: log)
    let text = String(decoding: try file.bytes(at: 0, count: min(file.byteCount, Self.largestLog)), as: UTF8.self)
    return text.split(separator: "\n").filter { line in Self.alarms.contains(where: line.contains) }.map { String($0.prefix(300)) }
  }

  /// The end of the log, for a server that did not start.
  func lastLines() -> String {
    guard let file = try? HeldFile(opening: log), let bytes = try? file.bytes(at: max(0, file.byteCount - 600), count: 600) else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: " / ")
  }
}
