import Files
import Primitives
import Remotes
import SystemPackage

/// Learns what another host needs to get at one location: what names a file of this host stays here, its content goes with the kit.
struct KitLocationFacts {
  private static let largestFile = 1 << 20

  let source: Configuration.Location
  let scope: KitFacts.Scope
  private(set) var location: Kit.Location
  /// What could not be learned.
  private(set) var gaps: [KitFacts.Gap] = []

  init(_ source: Configuration.Location, _ scope: KitFacts.Scope) {
    self.source = source
    self.scope = scope
    var place = Configuration.Location(name: source.name, place: Self.bare(source.place))
    place.medium = source.medium
    place.site = source.site
    place.isOffSite = source.isOffSite
    place.removal = source.removal.map { _ in .init(backWithin: LocationReading.usualAbsence) }
    location = Kit.Location(location: place)
    guard case .remote(let remote) = source.place else { return }
    learnAuthority(remote)
    learnSSH(remote)
    learnCredentials(remote)
  }

  private static func bare(_ place: Configuration.Place) -> Configuration.Place {
    guard case .remote(let remote) = place else { return place }
    return .remote(.init(kind: remote.kind, address: remote.address, region: remote.region, addressing: remote.addressing))
  }

  private mutating func add(_ gap: String, _ hint: String) { gaps.append(.init(location: source.name, text: gap, hint: hint)) }

  private mutating func learnAuthority(_ remote: Configuration.Remote) {
    guard let path = remote.authority else { return }
    location.authority = (try? HeldFile(opening: path)).flatMap(Self.text)
    if location.authority == nil { add("cannot read '\(path)'", "correct 'ca', or run as a user who may read it") }
  }

  private static func text(of file: HeldFile) -> String? {
    guard let bytes = try? file.bytes(at: 0, count: min(file.byteCount, largestFile)) else { return nil }
    return String(validating: bytes, as: UTF8.self).map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }
  }

  private mutating func learnSSH(_ remote: Configuration.Remote) {
    guard remote.kind == .sftp else { return }
    let arguments = remote.sshConfiguration.map { ["-F", $0.string] } ?? []
    guard let place = try? SFTPPlace(parsing: remote.address),
      let found = SSHAccess(place, sshArguments: arguments, environment: Environment.variables)
    else { return add("ssh does not say how it gets there", "is openssh-client installed? try: ssh -G HOST") }
    location.ssh = Kit.SSH(configuration: found.configuration, knownHosts: found.knownHosts, keys: found.keys)
    if found.knownHosts.isEmpty { add("its host key is not known here", "log in once by hand, compare the key, then make the kit anew") }
  }

  private mutating func learnCredentials(_ remote: Configuration.Remote) {
    guard remote.kind != .sftp, remote.credentials != nil || scope.asksEnvironment else { return }
    do {
      location.credentials = try Self.credentials(remote)
    } catch {
      location.credentials = .leftOut
      let explained = error as? any Explainable
      if scope.hasCredentials { add(explained?.summary ?? "\(error)", explained?.hints.first ?? "correct 'credentials'") }
    }
    if !scope.hasCredentials, location.credentials != nil { location.credentials = .leftOut }
  }

  private static func credentials(_ remote: Configuration.Remote) throws -> Kit.Credentials? {
    let access = try LocationAccess(files: remote)
    guard remote.kind == .s3 else { return access.login.map { .rest(user: $0.user, password: $0.password) } }
    let keys = try access.keys.credentials(for: remote.address)
    guard keys.sessionToken == nil else {
      throw KitError(
        summary: "its credentials are for some hours only, and are left out",
        hints: ["make an access key that lasts and may only read, and keep it with the kit"])
    }
    return .s3(accessKey: keys.accessKey, secret: keys.secretKey)
  }
}
