import Stores

/// How ssh is started: the user's own program and configuration, never asking anything.
package struct SSHCommand: Sendable {
  package struct Timeouts: Sendable {
    /// Until the server's key is exchanged.
    package var connect: Duration
    /// Between signs of life when nothing else comes; after three without an answer the line is dead.
    package var alive: Duration
    /// How long the server may owe an answer and say nothing, though the line lives.
    package var stall: Duration

    package init(connect: Duration = .seconds(30), alive: Duration = .seconds(15), stall: Duration = .seconds(300)) {
      self.connect = connect
      self.alive = alive
      self.stall = stall
    }

    /// Logging in takes a few exchanges more.
    var start: Duration { connect * 2 }
  }

  package let place: SFTPPlace
  /// Of the user's, as `-F FILE`. They win against ours and against the configuration.
  package let arguments: [String]
  package let environment: [String: String]
  package let timeouts: Timeouts

  package init(_ place: SFTPPlace, arguments: [String], environment: [String: String], timeouts: Timeouts) {
    self.place = place
    self.arguments = arguments
    self.environment = environment
    self.timeouts = timeouts
  }

  /// Without the program's name.
  package var allArguments: [String] {
    let options = [
      "BatchMode=yes", "ConnectTimeout=\(seconds(timeouts.connect))", "ServerAliveInterval=\(seconds(timeouts.alive))",
      "ServerAliveCountMax=3", "LogLevel=ERROR",
      // A connection of the user's may be shared, but ours must end with us.
      "ControlMaster=no",
      // What a configuration may ask for a login makes no sense here, or would be done to the host on the side.
      "ClearAllForwardings=yes", "ForwardX11=no", "ForwardAgent=no", "PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no",
    ]
    return arguments + options.flatMap { ["-o", $0] } + login + ["-s", "--", place.host, "sftp"]
  }

  /// For hints: what a person types to log in the same way.
  package var shown: String {
    let words = arguments + login + [place.host]
    return "ssh " + words.map { $0.contains(where: \.isWhitespace) ? "'\($0)'" : $0 }.joined(separator: " ")
  }

  var login: [String] {
    (place.port.map { ["-p", "\($0)"] } ?? []) + (place.user.map { ["-l", $0] } ?? [])
  }

  /// - Throws: `.other` if there is no ssh.
  func program() throws(StoreError) -> String {
    for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") where SSHProcess.mayRun("\(folder)/ssh") {
      return "\(folder)/ssh"
    }
    throw StoreError(
      .other, "store '\(place.address)' needs the program 'ssh', which is not in PATH",
      hints: ["install it: apt-get install openssh-client"])
  }

  private func seconds(_ duration: Duration) -> Int64 { max(1, duration.components.seconds) }
}
