package import SystemPackage

extension ComposeFile {
  /// A file or folder of the host that the deployment mounts or Compose reads.
  package struct HostPath: Sendable, Equatable {
    /// Absolute if the working folder is.
    package let path: FilePath
    /// Nil for what belongs to no service.
    package let service: String?
    package let why: Why
    /// Variables in it that are not set: the path is hardly the one in use.
    package let unset: [String]
    package let line: Int
  }

  package enum Why: Sendable, Equatable {
    /// Mounted into the container at this place.
    case mount(target: String?)
    /// The folder behind the named volume with this key.
    case volumeDevice(String)
    case environmentFile(isRequired: Bool)
    case labelFile
    case config(String)
    case secret(String)
    case include
    case includeEnvironmentFile
    case extends
    case build
  }

  /// A volume of the engine that services use.
  package struct UsedVolume: Sendable, Equatable {
    package let volume: Volume
    package let services: [String]
  }

  /// Host paths in the order services and then top-level entries name them.
  ///
  /// - Parameters:
  ///   - workingFolder: The project's folder, which relative paths start from. Of CHT's own files that is a folder *in the upgrade service's container*.
  ///   - home: What `~` stands for; without it such paths are left out.
  /// - Returns: Nothing for what is fetched (`https://`, git, `oci://`), for drives of Windows and for texts that could not be resolved.
  package func hostPaths(workingFolder: FilePath, home: FilePath?) -> [HostPath] {
    let resolver = HostPathResolver(workingFolder: workingFolder, home: home)
    var candidates = services.flatMap(candidates(of:))
    let volumeUsers = users { $0.volumeKeys }
    for volume in volumes {
      candidates += Self.candidates(volume.boundDevice, users: volumeUsers[volume.key], .volumeDevice(volume.key))
    }
    let configUsers = users(\.configs)
    for entry in configs { candidates += Self.candidates(entry.file, users: configUsers[entry.key], .config(entry.key)) }
    let secretUsers = users(\.secrets)
    for entry in secrets { candidates += Self.candidates(entry.file, users: secretUsers[entry.key], .secret(entry.key)) }
    for include in includes {
      candidates += include.paths.map { Candidate(text: $0, why: .include) }
      candidates += include.environmentFiles.map { Candidate(text: $0, why: .includeEnvironmentFile) }
    }
    return candidates.compactMap { candidate in
      guard let written = candidate.path ?? candidate.text.resolved, !Self.isFetched(written, candidate.why),
        let path = resolver.path(written)
      else { return nil }
      return HostPath(path: path, service: candidate.service, why: candidate.why, unset: candidate.text.unset, line: candidate.text.line)
    }
  }

  /// Named volumes, those that are declared and those that only a mount names.
  package var usedVolumes: [UsedVolume] {
    var known = Set(volumes.map(\.key))
    var all = volumes
    for key in services.flatMap(\.volumeKeys) where known.insert(key).inserted {
      all.append(Volume(key: key, name: nil, isExternal: false, driver: nil, boundDevice: nil))
    }
    let users = users { $0.volumeKeys }
    return all.map { UsedVolume(volume: $0, services: users[$0.key] ?? []) }
  }

  private struct Candidate {
    let text: ComposeText
    /// The part of the text that is the path, if it is not all of it.
    var path: String?
    var service: String?
    let why: Why
  }

  private func candidates(of service: Service) -> [Candidate] {
    let mounts: [Candidate] = service.mounts.compactMap { mount in
      guard case .bind(let source) = mount.kind, let text = mount.text else { return nil }
      return Candidate(text: text, path: source, service: service.name, why: .mount(target: mount.target))
    }
    var files = service.environmentFiles.map { ($0.path, Why.environmentFile(isRequired: $0.isRequired)) }
    files += service.labelFiles.map { ($0, .labelFile) }
    if let file = service.extends?.file { files.append((file, .extends)) }
    if let context = service.build { files.append((context, .build)) }
    return mounts + files.map { Candidate(text: $0.0, service: service.name, why: $0.1) }
  }

  /// Bind sources are always paths; builds, includes and the like may be fetched.
  private static func isFetched(_ written: String, _ why: Why) -> Bool {
    switch why {
    case .build, .include, .extends:
      written.contains("://") || ["github.com/", "git@", "service:"].contains { written.hasPrefix($0) }
    default: false
    }
  }

  /// One for each service that uses it, one without if none does.
  private static func candidates(_ text: ComposeText?, users: [String]?, _ why: Why) -> [Candidate] {
    guard let text else { return [] }
    guard let users else { return [Candidate(text: text, why: why)] }
    return users.map { Candidate(text: text, service: $0, why: why) }
  }

  /// The names of the services by the keys they name, each once.
  private func users(_ keys: (Service) -> [String]) -> [String: [String]] {
    var users: [String: [String]] = [:]
    for service in services {
      for key in keys(service) where users[key]?.last != service.name { users[key, default: []].append(service.name) }
    }
    return users
  }
}

extension ComposeFile.Service {
  fileprivate var volumeKeys: [String] {
    mounts.compactMap { if case .volume(let key) = $0.kind { key } else { nil } }
  }
}
