import Glibc

/// What another host needs, beside a private key, to reach an SFTP server as this one does: learned from ssh itself, without connecting.
package struct SSHAccess: Sendable, Equatable {
  /// A `Host` block of an ssh configuration. Names files of private keys, and holds none.
  package let configuration: String
  /// Lines of `known_hosts`; empty if this host does not know the server's key.
  package let knownHosts: String
  /// Private keys that ssh would offer: their file here, and fingerprint.
  package let keys: [String]

  package init(configuration: String, knownHosts: String, keys: [String]) {
    self.configuration = configuration
    self.knownHosts = knownHosts
    self.keys = keys
  }

  /// - Parameters:
  ///   - arguments: for ssh, as `["-F", FILE]`.
  /// - Returns: `nil` if ssh is not installed or its configuration cannot be read.
  package init?(_ place: SFTPPlace, sshArguments arguments: [String], environment: [String: String]) {
    let command = SSHCommand(place, arguments: arguments, environment: environment, timeouts: .init())
    let words = ["-G"] + arguments + command.login + ["--", place.host]
    guard let text = SSHTool.output(of: "ssh", words, environment: environment) else { return nil }
    let settings = Settings(text)
    let files = settings.identities.filter { access($0, F_OK) == 0 }
    let pairs = [
      ("HostName", settings.first("hostname")), ("Port", settings.first("port")), ("User", settings.first("user")),
      ("HostKeyAlias", settings.first("hostkeyalias")), ("ProxyJump", settings.first("proxyjump")),
      ("ProxyCommand", settings.first("proxycommand")),
      ("IdentitiesOnly", settings.first("identitiesonly") == "yes" ? "yes" : nil),
    ]
    let lines = pairs.compactMap { name, value in value.flatMap { $0 == "none" ? nil : "  \(name) \($0)\n" } }
    configuration = "Host \(place.host)\n" + lines.joined() + files.map { "  IdentityFile \(Self.quoted($0))\n" }.joined()
    knownHosts = Self.knownHosts(settings, environment)
    keys = files.map { file in
      let shown = SSHTool.output(of: "ssh-keygen", ["-l", "-f", file], environment: environment)
      return ([file] + (shown?.split(separator: " ").dropFirst().prefix(1).map(String.init) ?? [])).joined(separator: " ")
    }
  }

  /// All that this host has for the name under which ssh looks it up.
  private static func knownHosts(_ settings: Settings, _ environment: [String: String]) -> String {
    let host = settings.first("hostname") ?? ""
    let port = settings.first("port") ?? "22"
    let name = settings.first("hostkeyalias") ?? (port == "22" ? host : "[\(host)]:\(port)")
    let files = (settings.all("userknownhostsfile") + settings.all("globalknownhostsfile")).flatMap { $0.split(separator: " ") }
    var lines: [String] = []
    for file in files where file != "none" && file != "/dev/null" {
      let found = SSHTool.output(of: "ssh-keygen", ["-F", name, "-f", Settings.inHome(String(file))], environment: environment) ?? ""
      for line in found.split(separator: "\n").map(String.init) where !line.hasPrefix("#") && !lines.contains(line) { lines.append(line) }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func quoted(_ path: String) -> String { path.contains(" ") ? "\"\(path)\"" : path }

  /// What `ssh -G` prints: a name and a value a line.
  private struct Settings {
    private let lines: [(name: Substring, value: String)]

    init(_ text: String) {
      lines = text.split(separator: "\n").compactMap { line in
        line.firstIndex(of: " ").map { (line[..<$0], String(line[line.index(after: $0)...])) }
      }
    }

    func first(_ name: String) -> String? { all(name).first }

    func all(_ name: String) -> [String] { lines.filter { $0.name == name }.map(\.value) }

    var identities: [String] { all("identityfile").map(Self.inHome) }

    /// ssh asks the user database, not the environment, where that is.
    static func inHome(_ path: String) -> String {
      guard path.hasPrefix("~/"), let entry = getpwuid(geteuid()) else { return path }
      return String(cString: entry.pointee.pw_dir) + path.dropFirst()
    }
  }
}
