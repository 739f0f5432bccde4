import Files
import Remotes
import Stores
import SystemPackage

extension Kit.Location {
  /// Where its objects lie, reached with what the kit knows, and with nothing of this host but a private ssh key.
  func store(note: @escaping @Sendable (String) -> Void) throws -> any BlobStore {
    try location.store(with: { try access(to: $0) }, note: note)
  }

  /// What the kit does not hold is taken from the environment, as the page says.
  private func access(to remote: Configuration.Remote) throws -> LocationAccess {
    var access = LocationAccess()
    access.authority = try authority.map { try MemoryFile.make($0, named: "ca.pem") }
    switch credentials {
    case .s3(let accessKey, let secret)?: access.keys = .given(S3Credentials(accessKey: accessKey, secretKey: secret))
    case .rest(let user, let password)?: access.login = try RESTCredentials(user: user, password: password)
    case .leftOut?, nil:
      access.keys = .environment(Environment.variables)
      access.login = try remote.kind == .rest ? RESTCredentials(environment: Environment.variables) : nil
    }
    if let ssh { access.sshArguments = try ssh.arguments() }
    return access
  }
}

extension Kit.SSH {
  fileprivate func arguments() throws -> [String] {
    let arguments = ["-F", try MemoryFile.make(configuration, named: "ssh_config").string]
    guard !knownHosts.isEmpty else { return arguments }
    let file = try MemoryFile.make(knownHosts, named: "known_hosts")
    return arguments + ["-o", "UserKnownHostsFile=\(file)", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no"]
  }
}
