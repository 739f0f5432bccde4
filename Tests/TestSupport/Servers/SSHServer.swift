import Foundation
import Glibc
import Synchronization

/// OpenSSH's sshd with SFTP, on loopback, with keys of its own: nothing of `~/.ssh` is read or written.
///
/// Its data outlives `stop` and `restart` and is gone, with its processes, when the test lets go of it. Needs root (sshd changes user), and
/// Debian's `openssh-server` and `openssh-client`.
package final class SSHServer: Sendable {
  /// The name its `sshConfig` knows it by; one logs in as the user who runs the tests.
  package let host = "akiba-sftp"
  /// The same server, logging in as `nobody`, whom permissions bind.
  package let strangersHost = "akiba-sftp-nobody"
  /// The same server, without a key: give one with `-o IdentityFile=`.
  package let keylessHost = "akiba-sftp-keyless"
  package let port: UInt16
  /// Keys, configuration, data. Ends last.
  private let home: LeashedServer
  private let server: Mutex<LeashedServer?>
  private let sftp: [String]?

  /// - Parameters:
  ///   - dataSize: in bytes: data lies on a memory disk of this size instead of the common one.
  ///   - sftp: arguments of sftp-server, as `-R` for read-only; `nil`: the server has no SFTP.
  package init(dataSize: Int? = nil, sftp: [String]? = []) throws {
    self.sftp = sftp
    port = try LoopbackPort.free()
    home = try LeashedServer(
      start: #"bash -c 'cd "$0" && bash prepare "$0" && exec sleep infinity' "$folder""#,
      files: ["prepare": Self.preparation(port: port, dataSize: dataSize), "sshd_config": Self.serverConfiguration],
      isReady: { FileManager.default.fileExists(atPath: $0 + "/ready") })
    server = Mutex(try Self.start(in: home.folder, port, sftp))
  }

  /// For `ssh -F`.
  package var sshConfig: String { home.folder + "/ssh_config" }
  /// For repositories. Empty at first.
  package var folder: String { home.folder + "/data" }
  /// Holds the server's key under the name `akiba-sftp`.
  package var knownHosts: String { home.folder + "/known_hosts" }
  /// A key that this server does not let in.
  package var foreignKey: String { home.folder + "/foreign_key" }
  /// With it one logs in to a text, as where a shell greets everybody, instead of SFTP.
  package var talkingKey: String { home.folder + "/talking_key" }
  /// What stock restic takes for `-o sftp.command=`.
  package var resticCommand: String { "ssh -F \(sshConfig) \(host) -s sftp" }

  package var log: String { server.withLock { $0?.log } ?? "" }

  /// Nobody listens afterwards, and all connections are cut. Data stays.
  package func stop() {
    server.withLock { server in
      server?.stop()
      server = nil
    }
  }

  /// The same port, keys and data.
  package func restart() throws {
    stop()
    let started = try Self.start(in: home.folder, port, sftp)
    server.withLock { $0 = started }
  }

  /// The same server on a private host as well: same port, keys and data. It ends with the host.
  package func listen(in host: PrivateHost) throws {
    let subsystem =
      sftp.map { "Subsystem=sftp internal-sftp -d \(home.folder)/data \($0.joined(separator: " "))" } ?? "Subsystem=none /bin/false"
    try host.bash(
      #"mkdir -p /run/sshd; /usr/sbin/sshd -f "$0/sshd_config" -p "$1" -h "$0/host_key" -o "AuthorizedKeysFile=$0/authorized_keys" -o "$2""#,
      arguments: [home.folder, "\(port)", subsystem])
  }

  /// Kills the processes that serve connections; new ones are taken.
  package func killSessions() {
    guard let listener = server.withLock({ $0?.identifier }) else { return }
    for process in Self.descendants(of: listener) { kill(process, SIGKILL) }
  }

  /// They keep their connections and do nothing, until they are killed.
  package func pauseSessions() {
    guard let listener = server.withLock({ $0?.identifier }) else { return }
    for process in Self.descendants(of: listener) { kill(process, SIGSTOP) }
  }

  /// Files and folders below `folder` that sessions hold open.
  package var openFiles: [String] {
    guard let listener = server.withLock({ $0?.identifier }) else { return [] }
    let manager = FileManager.default
    return Self.descendants(of: listener).flatMap { process in
      let descriptors = (try? manager.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
      return descriptors.compactMap { try? manager.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)") }
    }.filter { $0.hasPrefix(folder + "/") }
  }

  private static func start(in home: String, _ port: UInt16, _ sftp: [String]?) throws -> LeashedServer {
    // What is asked for without a slash in front lies in the data folder.
    let subsystem = sftp.map { "-o 'Subsystem=sftp internal-sftp -d \(home)/data \($0.joined(separator: " "))'" } ?? ""
    return try LeashedServer(
      start: """
        /usr/sbin/sshd -D -e -f "\(home)/sshd_config" -p \(port) -h "\(home)/host_key" -o "AuthorizedKeysFile=\(home)/authorized_keys" \
        \(subsystem)
        """,
      // Sessions outlive the listener. They are found through it, so they go first.
      clear: """
        end() { local child; for child in $(cat /proc/$1/task/$1/children); do end $child; kill -KILL $child; done; }
        kill -STOP $(cat "$folder/server.pid")
        end $(cat "$folder/server.pid")
        kill -CONT $(cat "$folder/server.pid")
        """,
      isReady: { _ in LoopbackPort.accepts(port) })
  }

  private static func descendants(of process: Int32) -> [Int32] {
    children(of: process).flatMap { [$0] + descendants(of: $0) }
  }

  private static func children(of process: Int32) -> [Int32] {
    let list = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
    return (list ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
  }

  private static let serverConfiguration = """
    ListenAddress 127.0.0.1
    PidFile none
    StrictModes no
    UsePAM no
    UseDNS no
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin yes
    MaxStartups 200
    """

  private static func preparation(port: UInt16, dataSize: Int?) -> String {
    """
    set -e
    mkdir -p /run/sshd
    chmod 711 .
    mkdir data
    \(dataSize.map { "mount -t tmpfs -o size=\($0) akiba-data data" } ?? "")
    for name in host client foreign talking; do ssh-keygen -q -t ed25519 -N '' -C "$name" -f "${name}_key"; done
    { cat client_key.pub; echo 'command="echo Welcome to this host"' "$(cat talking_key.pub)"; } >authorized_keys
    chmod 644 authorized_keys
    echo "akiba-sftp $(cut -d ' ' -f 1,2 host_key.pub)" >known_hosts
    cat >ssh_config <<END
    Host akiba-sftp akiba-sftp-nobody
      IdentityFile $1/client_key
    Host akiba-sftp-nobody
      User nobody
    Host *
      User $(id -un)
      HostName 127.0.0.1
      Port \(port)
      HostKeyAlias akiba-sftp
      IdentitiesOnly yes
      IdentityAgent none
      UserKnownHostsFile $1/known_hosts
      GlobalKnownHostsFile /dev/null
      StrictHostKeyChecking yes
    END
    touch ready
    """
  }
}
