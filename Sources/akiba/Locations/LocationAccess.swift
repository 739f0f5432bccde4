import Remotes
import SystemPackage

/// What a remote place is reached with: credentials, certificates to trust, arguments for ssh.
struct LocationAccess: Sendable {
  /// S3.
  var keys: S3Credentials.Source = .given(nil)
  /// REST.
  var login: RESTCredentials?
  /// S3 and REST: PEM, instead of the system's.
  var authority: FilePath?
  /// SFTP.
  var sshArguments: [String] = []
}

extension LocationAccess {
  /// From the files that a configuration names, else from the environment.
  init(files remote: Configuration.Remote) throws {
    authority = remote.authority
    sshArguments = remote.sshConfiguration.map { ["-F", $0.string] } ?? []
    switch remote.kind {
    case .sftp: break
    case .s3:
      let file = remote.credentials.map { S3Credentials.Source.file($0, profile: S3Credentials.Source.usualProfile) }
      keys = file ?? .environment(Environment.variables)
    case .rest:
      login = try remote.credentials.map { try RESTCredentials(file: $0) } ?? RESTCredentials(environment: Environment.variables)
    }
  }
}
