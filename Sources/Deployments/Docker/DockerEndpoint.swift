import Files
import Remotes
package import SystemPackage

/// Where a Docker engine listens.
package enum DockerEndpoint: Hashable, Sendable, CustomStringConvertible {
  case unix(FilePath)
  /// - tls: a folder with `ca.pem`, `cert.pem` and `key.pem`; those that are there are used.
  case tcp(host: String, port: UInt16, tls: FilePath?)

  /// As `DOCKER_HOST` is written.
  package var description: String {
    switch self {
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port, _): "tcp://\(Self.bracketed(host)):\(port)"
    }
  }

  /// What addresses of requests begin with. For a socket any host will do, but there must be one: Docker answers 400 without.
  var base: String {
    switch self {
    case .unix: "http://localhost"
    case .tcp(let host, let port, let tls): "\(tls == nil ? "http" : "https")://\(Self.bracketed(host)):\(port)"
    }
  }

  func options(_ options: HTTPClient.Options) throws -> HTTPClient.Options {
    var options = options
    switch self {
    case .unix(let path): options.unixSocket = path
    case .tcp(_, _, let tls?):
      func present(_ name: FilePath.Component) throws -> FilePath? {
        try FileMetadata.ifPresent(tls.appending(name)) == nil ? nil : tls.appending(name)
      }
      options.caFile = try present("ca.pem")
      options.clientCertificate = try present("cert.pem")
      options.clientKey = try present("key.pem")
    case .tcp: break
    }
    return options
  }

  private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}

extension DockerEndpoint {
  private static let standardSocket: FilePath = "/var/run/docker.sock"

  /// An address as in `DOCKER_HOST` or a context.
  ///
  /// - Parameter tls: the folder of certificates, if they are to be used.
  /// - Parameter source: what holds the address, for messages.
  init(_ text: String, tls: FilePath?, from source: String) throws(DockerError) {
    guard let end = text.firstRange(of: "://") else { throw Self.unsupported(text, source) }
    let rest = text[end.upperBound...]
    switch text[..<end.lowerBound] {
    case "unix": self = .unix(rest.isEmpty ? Self.standardSocket : FilePath(String(rest)))
    case "tcp":
      guard let (host, port) = Self.hostAndPort(rest) else { throw Self.unsupported(text, source) }
      self = .tcp(host: host, port: port ?? (tls == nil ? 2375 : 2376), tls: tls)
    default: throw Self.unsupported(text, source)
    }
  }

  /// `host:port`, `host`, `:port`, `[::1]:port`. A path or a user is not supported, by the docker command neither.
  private static func hostAndPort(_ text: Substring) -> (host: String, port: UInt16?)? {
    var text = text
    if text.last == "/" { text.removeLast() }
    guard !text.contains(where: { "/@?#% ".contains($0) }) else { return nil }
    var host = text
    var port: UInt16?
    if let colon = text.lastIndex(of: ":"), text[colon...].firstIndex(of: "]") == nil {
      host = text[..<colon]
      let digits = text[text.index(after: colon)...]
      port = UInt16(digits)
      guard port != nil || digits.isEmpty else { return nil }
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
    return (host.isEmpty ? "localhost" : String(host), port)
  }

  /// The address itself may have a user in it, so only its scheme is shown.
  private static func unsupported(_ text: String, _ source: String) -> DockerError {
    let scheme = text.firstRange(of: "://").map { String(text[..<$0.upperBound]) } ?? ""
    return DockerError(
      .unsupportedEndpoint, "\(source) names an engine that cannot be used\(scheme.isEmpty ? "" : " ('\(scheme)…')")",
      hints: ["run this on the server itself", "set DOCKER_HOST to 'unix:///path/of/docker.sock' or 'tcp://host:port'"])
  }
}
