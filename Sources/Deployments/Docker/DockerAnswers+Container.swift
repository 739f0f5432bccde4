extension DockerAnswers {
  struct Container: Decodable {
    struct Condition: Decodable {
      let Status: String?
      let Pid: Int?
      let ExitCode: Int?
      let StartedAt: String?
      let FinishedAt: String?
    }
    struct Settings: Decodable {
      let Image: String?
      let Env: [String]?
      let Labels: [String: String]?
    }
    struct HostSettings: Decodable {
      struct Binding: Decodable {
        let HostIp: String?
        let HostPort: String?
      }
      struct Policy: Decodable { let Name: String? }

      let NetworkMode: String?
      let PortBindings: [String: [Binding]?]?
      let RestartPolicy: Policy?
    }
    struct Mount: Decodable {
      let `Type`: String?
      let Name: String?
      let Source: String?
      let Destination: String?
      let RW: Bool?
    }
    struct Networking: Decodable {
      struct Network: Decodable { let IPAddress: String? }

      let Networks: [String: Network?]?
    }

    let Id: String?
    let Name: String?
    let Image: String?
    let RestartCount: Int?
    let State: Condition?
    let Config: Settings?
    let HostConfig: HostSettings?
    let Mounts: [Mount]?
    let NetworkSettings: Networking?

    var value: DockerContainer {
      DockerContainer(
        id: Id ?? "", name: String((Name ?? "").drop { $0 == "/" }), image: Config?.Image ?? "", imageID: Image ?? "",
        labels: Config?.Labels ?? [:], state: state, processID: State?.Pid.flatMap { $0 > 0 ? $0 : nil }, exitCode: State?.ExitCode ?? 0,
        started: Self.moment(State?.StartedAt),
        finished: Self.moment(State?.FinishedAt), restartCount: RestartCount ?? 0,
        environment: (Config?.Env ?? []).map(DockerVariable.init), mounts: (Mounts ?? []).map(\.value),
        networkMode: HostConfig?.NetworkMode ?? "", networks: networks.map(\.key),
        addresses: networks.compactMap { $0.value?.IPAddress }.filter { !$0.isEmpty }, ports: ports,
        restartPolicy: HostConfig?.RestartPolicy?.Name.flatMap { $0.isEmpty ? nil : $0 } ?? "no")
    }

    private var networks: [(key: String, value: Networking.Network?)] {
      (NetworkSettings?.Networks ?? [:]).sorted { $0.key < $1.key }
    }

    private var state: DockerContainer.State {
      switch State?.Status ?? "" {
      case "created": .created
      case "running": .running
      case "paused": .paused
      case "restarting": .restarting
      case "removing": .removing
      case "exited": .exited
      case "dead": .dead
      case let status: .other(status)
      }
    }

    /// Go's zero time stands for never.
    private static func moment(_ text: String?) -> String? {
      guard let text, !text.isEmpty, !text.hasPrefix("0001-") else { return nil }
      return text
    }

    /// Keys are `443/tcp`. One that names no port is nothing we could use.
    private var ports: [DockerPort] {
      let bindings = (HostConfig?.PortBindings ?? [:]).sorted { $0.key < $1.key }
      return bindings.flatMap { key, values -> [DockerPort] in
        let parts = key.split(separator: "/", maxSplits: 1)
        guard let port = parts.first.flatMap({ UInt16($0) }) else { return [] }
        return (values ?? []).map {
          DockerPort(
            port: port, transport: parts.count == 2 ? String(parts[1]) : "tcp", hostAddress: $0.HostIp ?? "",
            hostPort: UInt16($0.HostPort ?? ""))
        }
      }
    }
  }
}

extension DockerAnswers.Container.Mount {
  var value: DockerMount {
    DockerMount(
      kind: kind, name: Name.flatMap { $0.isEmpty ? nil : $0 }, source: Source ?? "", destination: Destination ?? "", isWritable: RW ?? true
    )
  }

  private var kind: DockerMount.Kind {
    switch `Type` {
    case "bind": .bind
    case "volume": .volume
    case "tmpfs": .tmpfs
    case let type?: .other(type)
    // Engines before 1.25 say none: a volume has a name.
    case nil: Name?.isEmpty == false ? .volume : .bind
    }
  }
}
