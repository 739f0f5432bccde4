import ArgumentParser
import CouchFormat
import Deployments
import Primitives
import SystemPackage

/// What `akiba init` writes into the configuration: found on this host, named by paths, or found and corrected by paths.
struct InitSources: ParsableArguments {
  @OptionGroup var search: SearchOptions

  @Option(help: ArgumentHelp("The compose project, if there are several.", valueName: "name"))
  var project: String?

  @Option(
    help: ArgumentHelp("A node's CouchDB data folder; once for each node. Without --project, nothing is looked for.", valueName: "folder"))
  var data: [String] = []

  @Option(help: ArgumentHelp("A node's credentials volume (local.d); in the order of --data.", valueName: "folder"))
  var localD: [String] = []

  @Option(help: ArgumentHelp("CHT's compose folder.", valueName: "folder"))
  var compose: String?

  @Option(help: ArgumentHelp("The upgrade service's folder, with .env.", valueName: "folder"))
  var upgradeService: String?

  @Option(help: ArgumentHelp("The ssl volume, with cert.pem and key.pem.", valueName: "folder"))
  var tls: String?

  @Option(help: ArgumentHelp("Another folder or file to store; may be repeated.", valueName: "path"))
  var extra: [String] = []

  @Option(help: ArgumentHelp("The deployment's name (default: the project's, else cht).", valueName: "name"))
  var name: String?

  func validate() throws {
    if localD.count > max(1, data.count) { throw ValidationError("each --local-d belongs to a --data: \(localD.count) to \(data.count)") }
  }

  /// Whether anything of this was said; a configuration that exists takes none of it.
  var isGiven: Bool {
    !data.isEmpty || !localD.isEmpty || !extra.isEmpty || [project, compose, upgradeService, tls, name].contains { $0 != nil }
      || [search.chtDir, search.dockerRoot, search.engine].contains { $0 != nil }
  }

  private var isByPathsAlone: Bool { !data.isEmpty && project == nil && search.chtDir == nil && search.engine == nil }

  func find() async throws -> FoundDeployment {
    var found =
      isByPathsAlone ? FoundDeployment(Installation(kind: .dataFolder)) : try await search.search(known: said).one(project)
    correct(&found)
    if isByPathsAlone {
      await Inspection(reader: HostReader(), now: Environment.now).inspect(&found, intended: [:])
      warnOfGaps(&found)
    }
    try refuseGuesses(found)
    return found
  }

  /// What the options say, as far as they say it.
  private var said: Deployment {
    let nodes = localD.enumerated().map { index, path in
      CouchNodeSource(dataFolder: Environment.absolute(index < data.count ? data[index] : "/"), localD: Environment.absolute(path))
    }
    return Deployment(name: name ?? "", nodes: nodes, folders: folders)
  }

  private var folders: [CapturedFolder] {
    [(CapturedFolder.Place.compose, compose), (.upgradeService, upgradeService), (.tls, tls)].compactMap { place, path in
      path.map { CapturedFolder(place: place, source: Environment.absolute($0)) }
    }
  }

  /// Nothing was looked for, so nobody else says it.
  private func warnOfGaps(_ found: inout FoundDeployment) {
    var gaps: [String] = []
    if found.nodes.allSatisfy({ $0.settings.isEmpty }) { gaps.append("the credentials volume (--local-d)") }
    if found.folder(.tls) == nil { gaps.append("the certificate (--tls)") }
    if found.folder(.upgradeService) == nil { gaps.append("'.env' (--upgrade-service)") }
    if found.folder(.compose) == nil { gaps.append("the compose files (--compose)") }
    guard !gaps.isEmpty else { return }
    found.warn(
      .notCaptured, found.name, "only what is named will be backed up; not named: \(gaps.joined(separator: ", "))",
      remedy: "name them if this is a CHT server, or leave --data out: then akiba looks for everything itself")
  }

  /// What a person says counts more than what was found.
  private func correct(_ found: inout FoundDeployment) {
    let said = Deployment.saidSo
    if !data.isEmpty {
      found.nodes = data.enumerated().map { index, path in
        let old = index < found.nodes.count ? found.nodes[index] : nil
        return CouchNodeSource(dataFolder: Environment.absolute(path), localD: old?.localD, localINI: old?.localINI)
      }
      found.installation.parts.removeAll { $0.role == .data }
      for node in found.nodes { found.add(.init(.data, node.dataFolder.string, because: said)) }
      found.findings.removeAll { $0.kind == .mountDiffers || $0.kind == .dataFolderUnusable || $0.kind == .dataInContainer }
      if found.nodes.count >= found.expectedNodes ?? 0 { found.findings.removeAll { $0.kind == .nodeMissing } }
    }
    for (index, path) in localD.enumerated() where index < found.nodes.count {
      let node = found.nodes[index]
      found.nodes[index] = CouchNodeSource(
        name: node.name, dataFolder: node.dataFolder, localD: Environment.absolute(path), localINI: node.localINI)
      found.add(.init(.localD, Environment.absolute(path).string, because: said))
    }
    for folder in folders {
      found.folders.removeAll { $0.place == folder.place }
      found.add(folder.place, folder.source, because: said)
    }
    for path in extra { found.add(.extra, Environment.absolute(path), because: said) }
    if let name { found.rename(name) }
  }

  /// A wrong data folder would be backed up faithfully for years.
  private func refuseGuesses(_ found: FoundDeployment) throws {
    for node in found.nodes { try DataFolderError.check(node.dataFolder) }
    let blocking: [FindingKind] = [.mountDiffers, .dataInContainer, .nodeMissing, .engineRemote]
    if let finding = found.findings.first(where: { $0.severity == .error && blocking.contains($0.kind) }) {
      throw SearchError(summary: finding.message, hints: [finding.remedy])
    }
    guard !found.nodes.isEmpty else {
      throw SearchError(
        summary: "project '\(found.name)' has no CouchDB data folder that could be found",
        hints: ["name it: --data FOLDER --project \(found.name)"])
    }
  }
}
