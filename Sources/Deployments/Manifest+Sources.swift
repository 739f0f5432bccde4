package import SystemPackage

extension Manifest {
  /// A part of the snapshot that was one folder or file on the host: where it has to go back to.
  package struct Source: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
      case data, settings, compose, tls, extra
      case upgradeService = "upgrade-service"
    }

    package var kind: Kind
    /// Its path in the snapshot.
    package var place: String
    /// Its path on the host.
    package var path: String
    /// The engine's volume that it was.
    package var volume: String?
    /// Of CouchDB's.
    package var node: String?

    package init(_ kind: Kind, place: String, path: String, volume: String? = nil, node: String? = nil) {
      self.kind = kind
      self.place = place
      self.path = path
      self.volume = volume
      self.node = node
    }

    /// For people.
    package var name: String {
      switch kind {
      case .data: "CouchDB data of \(node ?? "")"
      case .settings: place.hasSuffix(".ini") ? "its settings" : "its credentials"
      default: kind.rawValue
      }
    }

    /// CouchDB's image runs as this user and group, whatever they were called on the host.
    package static let couchDBUser: UInt32 = 5984

    package var isCouchDBs: Bool { kind == .data }
  }

  /// Those that have files in this snapshot.
  package var storedSources: [Source] {
    sources.filter { source in
      let isThere = { (path: String) in path == source.place || path.hasPrefix(source.place + "/") }
      return files.contains { isThere($0.path) } || kept.contains { isThere($0.firstPath) }
    }
  }

  /// What lies in the upgrade service's folder and is no part of the installation: left out of the snapshot, and to be kept by a restore.
  ///
  /// - Returns: names.
  package func neighbours(of upgradeService: FilePath) -> [String] {
    let place = CapturedFolder.Place.upgradeService.snapshotPath
    return leftOut.compactMap { entry in
      guard entry.path.hasPrefix(place + "/") else { return nil }
      let name = String(entry.path.dropFirst(place.count + 1))
      let isOwn = name.contains("/") || sources.contains { FilePath($0.path).starts(with: upgradeService.appending(name)) }
      return isOwn ? nil : name
    }
  }
}

extension Deployment {
  /// - Parameter names: of the nodes, in their order.
  package func sources(nodes names: [String], _ installation: Installation?) -> [Manifest.Source] {
    let nodes = zip(self.nodes, names).flatMap { source, name in
      let parts: [(Manifest.Source.Kind, String, FilePath?)] = [
        (.data, SnapshotLayout.dataFolder(node: name), source.dataFolder), (.settings, SnapshotLayout.localD(node: name), source.localD),
        (.settings, SnapshotLayout.localINI(node: name), source.localINI),
      ]
      return parts.compactMap { kind, place, path in
        path.map { Manifest.Source(kind, place: place, path: $0.string, volume: volume(at: $0, installation), node: name) }
      }
    }
    return nodes
      + folders.map {
        Manifest.Source($0.place.kind, place: $0.snapshotPath, path: $0.source.string, volume: volume(at: $0.source, installation))
      }
  }

  /// A volume that the survey does not know, as when the engine did not run, is known by the path engines give to volumes.
  private func volume(at path: FilePath, _ installation: Installation?) -> String? {
    if let volume = installation?.volumes.first(where: { !$0.mountpoint.isEmpty && FilePath($0.mountpoint) == path }) { return volume.name }
    let components = path.components.suffix(3).map(\.string)
    return components.count == 3 && components[0] == "volumes" && components[2] == "_data" ? components[1] : nil
  }
}

extension CapturedFolder.Place {
  fileprivate var kind: Manifest.Source.Kind {
    switch self {
    case .compose: .compose
    case .upgradeService: .upgradeService
    case .extra: .extra
    case .tls: .tls
    }
  }
}
