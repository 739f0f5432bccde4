import Files
package import SystemPackage

/// Finds out what a folder is that a person names.
package struct DeploymentLayout: Sendable {
  /// The variables of an `.env` file; none, if it cannot be read.
  package typealias Environment = @Sendable (FilePath) async -> [String: String]

  private let environment: Environment
  private let dockerVolumes: FilePath

  /// From `couchdb/data` up to `/srv` it is four levels.
  private static let levelsAbove = 4

  /// - Parameter dockerVolumes: Where Docker keeps its named volumes, for credentials and certificates.
  package init(dockerVolumes: FilePath = "/var/lib/docker/volumes", environment: @escaping Environment) {
    self.dockerVolumes = dockerVolumes
    self.environment = environment
  }

  /// What lies at `folder`; else what it is a part of; else what lies right below it.
  ///
  /// A data folder comes with the installation it belongs to, that first, as it has more to keep.
  /// - Throws: `DataFolderError` with a hint if nothing is recognized; `FileError` for what cannot be looked at.
  package func recognize(_ folder: FilePath) async throws -> [RecognizedLayout] {
    guard try Place.isFolder(folder) else {
      try DataFolderError.check(folder)
      return []
    }
    let here = try await layout(at: folder)
    let above = await enclosing(folder)
    // A volume's storage/medic-core alone looks like medic-os.
    let volume = above.first { $0.kind == .kubernetesVolume }
    if let here, here.kind != .dataFolder, volume == nil { return [here] }
    if var above = volume ?? above.first {
      above.notes.append("you named '\(folder)', which is part of '\(above.root)'")
      return [above] + [here].compactMap(\.self).filter { $0.kind == .dataFolder }
    }
    if let here { return [here] }
    return try await below(folder)
  }

  private func below(_ folder: FilePath) async throws -> [RecognizedLayout] {
    var layouts: [RecognizedLayout] = []
    var refusal: FileError?
    for child in try Place.folders(in: folder) {
      do {
        if let layout = try await layout(at: child) { layouts.append(layout) }
      } catch let error as FileError {
        // 'lost+found' and the like: only worth a word if nothing else is here.
        refusal = refusal ?? error
      }
    }
    if layouts.isEmpty, let refusal { throw refusal }
    if layouts.isEmpty { try DataFolderError.check(folder) }
    return layouts
  }

  private func layout(at folder: FilePath) async throws -> RecognizedLayout? {
    // A volume that came from medic-os has the folders of both.
    if let layout = try RecognizedLayout.kubernetesVolume(folder) { return layout }
    if let layout = try RecognizedLayout.medicOS(folder) { return layout }
    if try Place.isDataFolder(folder) { return RecognizedLayout.dataFolder(folder) }
    return try await CHTDirectory(folder, environment: environment, dockerVolumes: dockerVolumes).layout()
  }

  /// The installations `folder` is a part of, the nearest first.
  private func enclosing(_ folder: FilePath) async -> [RecognizedLayout] {
    var above = folder
    var layouts: [RecognizedLayout] = []
    for _ in 0..<Self.levelsAbove {
      guard above.removeLastComponent(), !above.isEmpty else { break }
      // A folder that may not be looked into is none we know.
      if let layout = try? await layout(at: above), layout.holds(folder) { layouts.append(layout) }
    }
    return layouts
  }
}

extension RecognizedLayout {
  static func dataFolder(_ folder: FilePath) -> RecognizedLayout {
    var layout = RecognizedLayout(.dataFolder, folder)
    layout.nodes = [Node(dataFolder: folder, settings: [])]
    layout.notes = ["credentials, compose files and certificates are not seen from here: name them too"]
    return layout
  }

  /// Whether `folder` is one of the parts, or holds one, or lies in one.
  fileprivate func holds(_ folder: FilePath) -> Bool {
    let parts = nodes.flatMap { [$0.dataFolder] + $0.settings } + [composeFolder, tls?.folder].compactMap(\.self) + upgradeService + extras
    return parts.contains { $0.starts(with: folder) || (folder.starts(with: $0) && folder.starts(with: root)) }
  }
}
