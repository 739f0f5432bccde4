/// A container, running or not: what is configured, as far as a deployment is described by it.
package struct DockerContainer: Sendable {
  package enum State: Equatable, Sendable {
    case created, running, paused, restarting, removing, exited, dead
    case other(String)
  }

  package let id: String
  /// Without Docker's leading slash.
  package let name: String
  /// As it was asked for: `public.ecr.aws/medic/cht-couchdb:5.0.2`, or an id.
  package let image: String
  package let imageID: String
  package let labels: [String: String]
  package let state: State
  /// On the engine's host, of its first process; `nil` while it does not run.
  package let processID: Int?
  package let exitCode: Int
  /// RFC 3339 with nanoseconds, UTC. `nil`: never.
  package let started: String?
  package let finished: String?
  package let restartCount: Int
  package let environment: [DockerVariable]
  package let mounts: [DockerMount]
  /// `bridge`, `host`, `none`, a network's name, `container:ID`.
  package let networkMode: String
  /// Names, in order.
  package let networks: [String]
  /// Of IP, in the networks; none while it does not run.
  package let addresses: [String]
  package let ports: [DockerPort]
  /// `no`, `always`, `unless-stopped`, `on-failure`.
  package let restartPolicy: String

  /// The first of that name, as in the process.
  package func variable(_ name: String) -> String? { environment.first { $0.name == name }?.value }
}

/// An environment variable. Its value may be a password: it is in no description, dump or mirror.
package struct DockerVariable: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package let name: String
  package let value: String

  /// `NAME=VALUE`, the value with any further `=`. A name alone has an empty value.
  init(_ text: String) {
    let end = text.firstIndex(of: "=")
    name = String(text[..<(end ?? text.endIndex)])
    value = end.map { String(text[text.index(after: $0)...]) } ?? ""
  }

  package var description: String { "\(name)=…" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

package struct DockerMount: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case bind, volume, tmpfs
    case other(String)
  }

  package let kind: Kind
  /// Of a volume.
  package let name: String?
  /// On the host, as the engine sees it. Empty for tmpfs.
  package let source: String
  /// In the container.
  package let destination: String
  package let isWritable: Bool
}

/// A port of the container that the host passes on.
package struct DockerPort: Hashable, Sendable {
  package let port: UInt16
  /// `tcp`, `udp`, `sctp`.
  package let transport: String
  /// Empty: all addresses.
  package let hostAddress: String
  /// `nil`: one that the engine picks.
  package let hostPort: UInt16?
}
