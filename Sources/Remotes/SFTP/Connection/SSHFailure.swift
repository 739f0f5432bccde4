package import Stores

/// Why ssh ended, from what it said. Its exit status is 255 for everything, so its words are all there is to go by.
package enum SSHFailure {
  /// - Parameters:
  ///   - said: what came on standard error.
  ///   - wasOpen: whether the server had answered before.
  package static func error(said: String, wasOpen: Bool, _ command: SSHCommand) -> StoreError {
    let lines = said.split(whereSeparator: \.isNewline).map { shown($0) }.filter { !$0.isEmpty }
    guard !wasOpen else { return lost(because: lines.last, command) }
    for rule in rules {
      if let line = lines.first(where: { line in rule.marks.contains { line.contains($0) } }) { return rule.error(command, line) }
    }
    return unreachable(command, because: lines.last ?? "ssh ended and said nothing")
  }

  /// The connection was good and is not any more.
  package static func lost(because reason: String?, _ command: SSHCommand) -> StoreError {
    StoreError(
      .unreachable, "the connection to store '\(command.place.address)' broke off\(reason.map { ": \($0)" } ?? "")",
      hints: [
        "try '\(command.shown)' as the same user; other locations are not affected"
      ])
  }

  package static func unreachable(_ command: SSHCommand, because reason: String) -> StoreError {
    StoreError(
      .unreachable, "cannot reach store '\(command.place.address)': \(reason)",
      hints: [
        "try '\(command.shown)' as the same user; other locations are not affected"
      ])
  }

  private struct Rule {
    let marks: [String]
    let error: @Sendable (SSHCommand, _ line: String) -> StoreError

    init(_ marks: String..., error: @escaping @Sendable (SSHCommand, _ line: String) -> StoreError) {
      self.marks = marks
      self.error = error
    }
  }

  /// The first that fits counts. ssh says more than one line of some: what is most serious comes first.
  ///
  /// Source: openssh-portable `sshconnect.c`, `sshconnect2.c`, `ssh.c`, `clientloop.c`, `readconf.c`.
  private static let rules = [
    Rule("HOST IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY") { command, _ in
      StoreError(
        .untrusted, "\(host(command)) shows another host key than the one this user's ssh knows",
        hints: [
          "ask who runs it whether its key was replaced: compare fingerprints with 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' run there",
          "only if they agree, forget the old key with 'ssh-keygen -R \(keyName(command))' and log in once by hand: '\(command.shown)'",
        ])
    },
    Rule("Host key verification failed", "host key is known for") { command, _ in
      StoreError(
        .untrusted, "the host key of \(host(command)) is not known to this user's ssh",
        hints: [
          "log in once by hand, '\(command.shown)', and compare the fingerprint it shows with 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' run there",
          "'ssh-keyscan\(command.place.port.map { " -p \($0)" } ?? "") \(command.place.host)' prints its keys for ~/.ssh/known_hosts: compare them before you add them",
        ])
    },
    Rule("UNPROTECTED PRIVATE KEY", "Bad owner or permissions") { command, line in
      StoreError(
        .denied, "ssh refuses a file it needs for store '\(command.place.address)': \(line)",
        hints: [
          "only its owner may read it: chmod 600, and chown to the user who runs akiba"
        ])
    },
    Rule("Permission denied (", "Too many authentication failures", "No supported authentication methods") { command, line in
      StoreError(
        .denied, "\(host(command)) refuses the login: \(line)",
        hints: [
          "it must work without a question: try '\(command.shown) -o BatchMode=yes' as the user who runs akiba, also from cron",
          "add that user's public key there: 'ssh-copy-id'; a key with a passphrase needs an agent",
        ])
    },
    Rule("subsystem request failed") { command, _ in
      StoreError(
        .other, "\(host(command)) lets in, but offers no SFTP",
        hints: [
          "its sshd_config needs the line 'Subsystem sftp internal-sftp'"
        ])
    },
    Rule(
      "ad configuration option", "onfiguration file", "user config file", "unknown option", "illegal option", "Unable to negotiate",
      "Bad port"
    ) { command, line in
      StoreError(.other, "ssh cannot connect store '\(command.place.address)': \(line)", hints: ["try '\(command.shown)' as the same user"])
    },
    Rule("ssh: ", "onnection", "Timeout", "timed out") { unreachable($0, because: $1) },
  ]

  private static func host(_ command: SSHCommand) -> String { "SFTP server '\(command.place.host)'" }

  /// As known_hosts has it.
  private static func keyName(_ command: SSHCommand) -> String {
    command.place.port.map { $0 == 22 ? command.place.host : "[\(command.place.host)]:\($0)" } ?? command.place.host
  }

  /// Nothing that would steer a terminal.
  static func shown(_ line: Substring) -> String {
    String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }).prefix(300))
  }
}
