import CouchFormat
package import Files
import Primitives
package import SystemPackage

/// Finds deployments in a folder, without an engine: because there is none, or because it does not run.
package struct FolderDiscovery: Sendable {
  /// Where engines keep their named volumes.
  private static let volumeFolders: [FilePath] = [
    "/var/lib/docker/volumes", "/var/snap/docker/common/var-lib-docker/volumes", "/var/lib/containers/storage/volumes",
  ]

  private let now: FileTime
  private let volumeFolders: [FilePath]
  private let known: Deployment?

  /// - Parameters:
  ///   - dockerFolder: the engine's own folder, if it is not one of the usual ones.
  ///   - known: what a person said, for what no path tells.
  package init(now: FileTime, dockerFolder: FilePath? = nil, known: Deployment? = nil) {
    self.now = now
    self.known = known
    volumeFolders = dockerFolder.map { [$0.appending("volumes")] } ?? Self.volumeFolders
  }

  /// - Throws: `DataFolderError` with a hint if nothing is recognized there.
  package func find(in folder: FilePath) async throws -> [FoundDeployment] {
    var found: [FoundDeployment] = []
    for layout in try await layouts(in: folder) { found.append(await deployment(layout)) }
    return found
  }

  private func layouts(in folder: FilePath) async throws -> [RecognizedLayout] {
    var best: [RecognizedLayout] = []
    for volumes in volumeFolders {
      let layouts = try await DeploymentLayout(dockerVolumes: volumes, environment: Self.environment).recognize(folder)
      if best.isEmpty || layouts.count(where: { $0.tls != nil }) > best.count(where: { $0.tls != nil }) { best = layouts }
    }
    // A data folder comes along with the installation it belongs to.
    return best.count > 1 && best[0].kind != .dataFolder ? best.filter { $0.kind != .dataFolder } : best
  }

  /// What is wrong with the file is found when its deployment is described.
  private static func environment(_ path: FilePath) async -> [String: String] {
    var nobody = FoundDeployment(Installation(kind: .folder))
    return await HostEnvironmentFile(path, reader: HostReader(), into: &nobody).values
  }

  private func deployment(_ layout: RecognizedLayout) async -> FoundDeployment {
    var found = FoundDeployment(Installation(kind: layout.kind.installation))
    let because = "lies in '\(layout.root)', a \(found.installation.kind.name)"
    for node in layout.nodes {
      let localINI = node.settings.first { $0.extension == "ini" }
      found.nodes.append(CouchNodeSource(dataFolder: node.dataFolder, localD: node.localD, localINI: localINI))
      found.add(.init(.data, node.dataFolder.string, because: because))
      for place in node.settings { found.add(.init(.localD, place.string, because: because)) }
    }
    if let compose = layout.composeFolder { found.add(.compose, compose, because: because) }
    for (index, place) in layout.upgradeService.enumerated() {
      found.add(index == 0 && layout.upgradeService.count == 1 ? .upgradeService : .extra, place, because: because)
    }
    if let tls = layout.tls { found.add(.tls, tls.folder, because: because) }
    for extra in layout.extras { found.add(.extra, extra, because: because) }
    found.installation.notes = layout.notes

    for missing in layout.missing { refuse(missing, &found) }
    let intended = await environment(of: layout, into: &found)
    if let project = intended["CHT_COMPOSE_PROJECT_NAME"] {
      found.installation.project = project
      found.rename(project)
    }
    found.installation.certificateMode = intended["CERTIFICATE_MODE"]
    addKnown(&found)
    if layout.kind == .chtDirectory { noteWhatDockerWouldTell(&found) }
    await Inspection(reader: HostReader(), now: now).inspect(&found, intended: intended)
    return found
  }

  private func environment(of layout: RecognizedLayout, into found: inout FoundDeployment) async -> [String: String] {
    guard let file = layout.environmentFile else { return [:] }
    return await HostEnvironmentFile(file, reader: HostReader(), into: &found).values
  }

  /// What else is taken for the data may be left over from before, and its snapshots would look like backups.
  private func refuse(_ missing: RecognizedLayout.Missing, _ found: inout FoundDeployment) {
    found.fail(
      .mountDiffers, missing.folder.string, missing.problem,
      remedy: "is its disk mounted? else correct '.env', or name the data of every node: --data FOLDER")
  }

  private func addKnown(_ found: inout FoundDeployment) {
    if found.folder(.tls) == nil, let folder = known?.folder(.tls) { found.add(.tls, folder, because: Deployment.saidSo) }
    guard !found.nodes.isEmpty, found.nodes.allSatisfy({ $0.settings.isEmpty }),
      let folder = known?.nodes.lazy.compactMap(\.localD).first
    else { return }
    found.nodes[0] = CouchNodeSource(name: found.nodes[0].name, dataFolder: found.nodes[0].dataFolder, localD: folder)
    found.add(.init(.localD, folder.string, because: Deployment.saidSo))
  }

  private func noteWhatDockerWouldTell(_ found: inout FoundDeployment) {
    found.didNotLearn("versions, image digests, networks, ports and the containers' state: no container engine was asked")
    if found.nodes.allSatisfy({ $0.settings.isEmpty }) {
      found.fail(
        .volumeMissing, "cht-credentials", "the credentials volume was not found: password hash, secret and uuid may be nowhere else",
        remedy: "name its folder with --local-d; usually /var/lib/docker/volumes/PROJECT_cht-credentials/_data")
    }
    if found.folder(.tls) == nil {
      found.fail(
        .volumeMissing, "cht-ssl",
        "the certificate's volume was not found: after a restore nginx makes a new self-signed pair, and the Android app and browsers then"
          + " refuse to sync", remedy: "name its folder with --tls; usually /var/lib/docker/volumes/PROJECT_cht-ssl/_data")
    }
  }
}

extension RecognizedLayout.Kind {
  var installation: Installation.Kind {
    switch self {
    case .chtDirectory: .folder
    case .medicOS: .medicOS
    case .kubernetesVolume: .kubernetesVolume
    case .dataFolder: .dataFolder
    }
  }
}
