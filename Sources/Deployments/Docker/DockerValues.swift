package struct DockerVersion: Sendable {
  /// `Docker Engine - Community`, `Podman Engine`.
  package let name: String
  package let version: String
  package let apiVersion: String
  package let isPodman: Bool
}

package struct DockerInfo: Sendable {
  /// Where the engine keeps images and volumes (`DockerRootDir`), as it sees it.
  package let dataFolder: String
  package let operatingSystem: String
  /// The engine runs as a user who is not root: its ids in volumes are shifted.
  package let isRootless: Bool
}

package struct DockerVolume: Sendable {
  package let name: String
  package let driver: String
  /// Where its files lie, as the engine sees it. May be empty with drivers other than `local`.
  package let mountpoint: String
  package let labels: [String: String]
  /// Of the driver, as given when the volume was made. May hold the password of a network drive.
  package let options: [String: String]
}

package struct DockerImage: Sendable {
  package let id: String
  package let tags: [String]
  /// `NAME@sha256:…`; empty for images that were built or imported here.
  package let digests: [String]
  package let environment: [DockerVariable]
  package let labels: [String: String]
  /// RFC 3339.
  package let created: String?
}
