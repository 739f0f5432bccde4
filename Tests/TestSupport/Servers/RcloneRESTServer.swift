import Foundation
import Synchronization

/// `rclone serve restic` on loopback: restic's REST protocol over a folder.
package final class RcloneRESTServer: Sendable {
  package struct Login: Sendable {
    package let user: String
    package let password: String

    package init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  /// Where the server keeps its repositories, each in a folder by its path.
  package let folder: String
  package let port: UInt16
  private let data: TemporaryFolder
  private let login: Login?
  private let isAppendOnly: Bool
  private let certificate: TestAuthority?
  private let server = Mutex<LeashedServer?>(nil)

  /// - Parameter isSecure: with TLS, for the name `localhost`, by an authority of its own (`caFile`).
  package init(login: Login? = nil, isAppendOnly: Bool = false, isSecure: Bool = false) throws {
    data = try TemporaryFolder()
    folder = data.path
    port = try LoopbackPort.free()
    self.login = login
    self.isAppendOnly = isAppendOnly
    certificate = isSecure ? try TestAuthority() : nil
    try restart()
  }

  /// `rest:http://127.0.0.1:PORT/`, ready for a path.
  package var address: String { address(through: port) }

  /// - Parameter port: of a proxy, for example.
  package func address(through port: UInt16) -> String {
    certificate == nil ? "rest:http://127.0.0.1:\(port)/" : "rest:https://localhost:\(port)/"
  }

  /// PEM; only with TLS.
  package var caFile: String? { certificate?.authorityFile }

  package var log: String { server.withLock { $0?.log ?? "" } }

  /// Connections are refused until `restart`.
  package func stop() {
    server.withLock { server in
      server?.stop()
      server = nil
    }
  }

  /// The same port, the same data. Returns when it answers.
  package func restart() throws {
    guard Programs.exist("rclone") else {
      throw LeashedServer.Failed(description: "rclone is needed to run this test: scripts/install-packages test")
    }
    stop()
    let started = try LeashedServer(start: command, isReady: { [port] _ in LoopbackPort.accepts(port) })
    server.withLock { $0 = started }
  }

  private var command: String {
    var words = ["rclone serve restic --config /dev/null --addr 127.0.0.1:\(port)"]
    if isAppendOnly { words.append("--append-only") }
    if let certificate { words.append("--cert '\(certificate.certificateFile)' --key '\(certificate.keyFile)'") }
    words.append("'\(folder)'")
    let environment = login.map { "env RCLONE_USER='\($0.user)' RCLONE_PASS='\($0.password)' " } ?? ""
    return environment + words.joined(separator: " ")
  }
}
