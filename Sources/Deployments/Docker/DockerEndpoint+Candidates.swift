import Files
import FoundationEssentials
import Primitives
package import SystemPackage

extension DockerEndpoint {
  /// The engines that may be on this machine, most likely first. Nothing is asked of them yet, and some may not be there.
  ///
  /// `DOCKER_HOST`, else `DOCKER_CONTEXT`, is the only one if set. Otherwise: the current context of the docker command, the usual socket,
  /// rootless Docker, Docker Desktop, Podman; for root also the rootless engines of other users.
  ///
  /// Docker as a snap uses the usual socket; its data lie in `/var/snap/docker/common/var-lib-docker` or below the folder of a revision.
  /// The engine itself says where (`DockerInfo.dataFolder`).
  ///
  /// - Parameter home: where `.docker` is.
  /// - Parameter root: of the file system.
  /// - Throws: `DockerError` if what was set by hand cannot be used. A current context that cannot be used is passed over: it is for the docker
  ///   command of this user and may well name another machine.
  package static func candidates(
    environment: [String: String], home: FilePath?, userID: UInt32, root: FilePath = "/"
  ) throws -> [DockerEndpoint] {
    let contexts = DockerContexts(environment: environment, home: home)
    if let host = environment["DOCKER_HOST"], !host.isEmpty {
      let isSecure = environment["DOCKER_TLS_VERIFY"].map { !$0.isEmpty } ?? false
      return [try DockerEndpoint(host, tls: isSecure ? contexts?.certificates(environment) : nil, from: "DOCKER_HOST")]
    }
    if let name = environment["DOCKER_CONTEXT"], !name.isEmpty, name != "default" {
      guard let contexts else {
        throw DockerError(.unsupportedEndpoint, "DOCKER_CONTEXT is set, and there is no home folder with docker's contexts")
      }
      return [try contexts.endpoint(name)]
    }
    var all = (try? contexts?.current()).map { [$0] } ?? []
    let ownFolder = environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : FilePath($0) }
    let runFolders = [ownFolder, root.appending("run/user/\(userID)")].compactMap { $0 }
    all.append(.unix(root.appending("var/run/docker.sock")))
    all += runFolders.map { .unix($0.appending("docker.sock")) }
    if let home { all.append(.unix(home.appending(".docker/run/docker.sock"))) }
    all.append(.unix(root.appending("run/podman/podman.sock")))
    all += runFolders.map { .unix($0.appending("podman/podman.sock")) }
    if userID == 0 { all += socketsOfUsers(in: root.appending("run/user")) }
    var seen: Set<DockerEndpoint> = []
    return all.filter { seen.insert($0).inserted }
  }

  private static func socketsOfUsers(in folder: FilePath) -> [DockerEndpoint] {
    let users = ((try? Folder.entries(of: folder)) ?? []).map(\.name.string).sorted()
    let sockets = ["docker.sock", "podman/podman.sock"].flatMap { name in users.map { folder.appending($0).appending(name) } }
    return sockets.filter { (try? FileMetadata.ifPresent($0)) ?? nil != nil }.map { .unix($0) }
  }
}

/// The docker command's configuration folder: `config.json` and `contexts/meta/SHA256/meta.json`, certificates in `contexts/tls/SHA256/docker`.
private struct DockerContexts {
  /// Real ones are a few KB.
  private static let largestFile = 1 << 20

  private let folder: FilePath

  init?(environment: [String: String], home: FilePath?) {
    if let folder = environment["DOCKER_CONFIG"], !folder.isEmpty {
      self.folder = FilePath(folder)
    } else if let home {
      folder = home.appending(".docker")
    } else {
      return nil
    }
  }

  func certificates(_ environment: [String: String]) -> FilePath {
    environment["DOCKER_CERT_PATH"].flatMap { $0.isEmpty ? nil : FilePath($0) } ?? folder
  }

  private struct Configuration: Decodable {
    let currentContext: String?
  }

  private struct Context: Decodable {
    struct Endpoint: Decodable {
      let host: String?

      enum CodingKeys: String, CodingKey { case host = "Host" }
    }

    let endpoints: [String: Endpoint]?

    enum CodingKeys: String, CodingKey { case endpoints = "Endpoints" }
  }

  /// `nil` where none is chosen.
  func current() throws -> DockerEndpoint? {
    let configuration: Configuration = try read(folder.appending("config.json"))
    guard let name = configuration.currentContext, !name.isEmpty, name != "default" else { return nil }
    return try endpoint(name)
  }

  func endpoint(_ name: String) throws -> DockerEndpoint {
    let key = ContentID(hashing: Array(name.utf8)).hex
    let file = folder.appending("contexts/meta/\(key)/meta.json")
    guard let context: Context = try? read(file), let host = context.endpoints?["docker"]?.host else {
      throw DockerError(
        .unsupportedEndpoint, "the docker context '\(name)' is not in '\(folder)'",
        hints: ["see 'docker context ls'", "unset DOCKER_CONTEXT"])
    }
    let tls = folder.appending("contexts/tls/\(key)/docker")
    let isSecure = try FileMetadata.ifPresent(tls) != nil
    return try DockerEndpoint(host, tls: isSecure ? tls : nil, from: "the docker context '\(name)'")
  }

  private func read<Value: Decodable>(_ path: FilePath) throws -> Value {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      var bytes = [UInt8](repeating: 0, count: Self.largestFile)
      let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
      return try JSONDecoder().decode(Value.self, from: Data(bytes.prefix(count)))
    }
  }
}
