package import CouchFormat
package import Files
import Primitives
import SystemPackage

/// What can be learned, at one run, about a deployment that the configuration describes; and whether the configuration still fits.
package struct ConfiguredSurvey: Sendable {
  private let deployment: Deployment
  private let kind: Installation.Kind
  private let project: String?
  private let endpoints: [DockerEndpoint]
  private let now: FileTime

  /// - Parameters:
  ///   - project: `nil`: no engine is asked.
  ///   - endpoints: where engines may listen.
  package init(of deployment: Deployment, kind: Installation.Kind, project: String?, endpoints: [DockerEndpoint], now: FileTime) {
    self.deployment = deployment
    self.kind = kind
    self.project = project
    self.endpoints = endpoints
    self.now = now
  }

  /// - Throws: `DriftError` if CouchDB has another data folder mounted than the one that is configured.
  package func run() async throws -> FoundDeployment {
    guard let project else { return await fromPaths([], notLearned: nil) }
    let discovery = await Discovery(endpoints: endpoints, project: project, known: deployment, now: now)
    guard var found = discovery.deployments.first(where: { $0.installation.project == project }) else {
      return await fromPaths(absence(of: project, discovery), notLearned: "versions, image digests, networks, ports, the containers' state")
    }
    try Task.checkCancellation()
    try compareData(&found)
    noteNewParts(&found)
    found.rename(deployment.name)
    return found
  }

  private func absence(of project: String, _ discovery: Discovery) -> [Finding] {
    guard discovery.engines.isEmpty else {
      return [
        Finding(
          .warning, .projectNotFound, file: project,
          message: "no container or volume of project '\(project)' is on \(discovery.engines.map(\.endpoint).joined(separator: ", "))",
          remedy: "'akiba discover' shows what is there; correct 'docker:' in the configuration")
      ]
    }
    return discovery.findings.map { finding in
      var finding = finding
      finding.message = "the container engine cannot be asked: \(finding.message)"
      return finding
    }
  }

  // MARK: From paths

  private func fromPaths(_ findings: [Finding], notLearned: String?) async -> FoundDeployment {
    var found = FoundDeployment(Installation(kind: kind, project: project))
    found.rename(deployment.name)
    found.nodes = deployment.nodes
    found.folders = deployment.folders
    let because = Deployment.saidSo
    for node in deployment.nodes {
      found.add(.init(.data, node.dataFolder.string, node: node.name, because: because))
      for place in node.settings { found.add(.init(.localD, place.string, node: node.name, because: because)) }
    }
    for folder in deployment.folders { found.add(.init(folder.place.role, folder.source.string, because: because)) }
    found.findings = findings
    if let notLearned { found.didNotLearn(notLearned) }
    await Inspection(reader: HostReader(), now: now).inspect(&found, intended: await environment(&found))
    return found
  }

  private func environment(_ found: inout FoundDeployment) async -> [String: String] {
    guard let folder = found.folder(.upgradeService), (try? FileMetadata.ifPresent(folder.appending(".env"))) != nil else { return [:] }
    let file = await HostEnvironmentFile(folder.appending(".env"), reader: HostReader(), into: &found)
    found.installation.certificateMode = file.values["CERTIFICATE_MODE"]
    return file.values
  }

  // MARK: Drift

  /// A snapshot of a folder that CouchDB does not use would look like a backup. Only a CouchDB that runs tells: containers that are stopped or
  /// gone, and nodes on other hosts, are no reason to take none.
  private func compareData(_ found: inout FoundDeployment) throws {
    guard !found.findings.contains(where: { $0.kind == .engineRemote }) else { return }
    for data in found.inUse {
      guard let folder = data.folder else {
        throw DriftError(
          summary: "the data of container '\(data.container)' are in the container itself, and the configuration names \(configured)",
          hints: ["'akiba discover' tells how to get them out"])
      }
      guard !deployment.nodes.contains(where: { Self.isSame($0.dataFolder, folder) }) else { continue }
      throw DriftError(
        summary: "CouchDB's data are in '\(folder)', and the configuration names \(configured)",
        hints: [
          "correct 'nodes:' in the configuration; 'akiba discover' shows what is mounted",
          "if the configuration is right, remove 'docker:' from it: then no engine is asked",
        ])
    }
    // Which folder counts has been decided here; that '.env' says otherwise stays worth knowing.
    for index in found.findings.indices where found.findings[index].kind == .mountDiffers { found.findings[index].severity = .warning }
    if let expected = found.expectedNodes, deployment.nodes.count >= expected { found.findings.removeAll { $0.kind == .nodeMissing } }
  }

  private var configured: String { deployment.nodes.map { "'\($0.dataFolder)'" }.joined(separator: ", ") }

  /// By path, or by what lies there: a folder can be mounted at two places.
  private static func isSame(_ one: FilePath, _ other: FilePath) -> Bool {
    if real(one) == real(other) { return true }
    guard let left = try? FileMetadata.ifPresent(one), let right = try? FileMetadata.ifPresent(other) else { return false }
    return left.device == right.device && left.inode == right.inode
  }

  /// A compose file that was added since `init` may mount files nobody backs up.
  private func noteNewParts(_ found: inout FoundDeployment) {
    let known = (deployment.folders.map(\.source) + deployment.nodes.flatMap { [$0.dataFolder] + $0.settings }).map(Self.real)
    for part in found.installation.parts where part.role != .environment {
      let path = Self.real(FilePath(part.path))
      guard !known.contains(where: path.starts) else { continue }
      found.warn(
        .notCaptured, part.path, "'\(part.path)' belongs to the deployment and is not in the configuration: \(part.because)",
        remedy: "add it under '\(part.role == .extra ? "files: extra:" : part.role.rawValue)' in the configuration")
    }
  }

  private static func real(_ path: FilePath) -> FilePath { (try? path.resolved()) ?? path }
}

extension FindingKind {
  package static let notCaptured = Self(rawValue: "not-captured")
}

extension CapturedFolder.Place {
  var role: Installation.Part.Role {
    switch self {
    case .compose: .compose
    case .upgradeService: .upgradeService
    case .extra: .extra
    case .tls: .tls
    }
  }
}

/// The configuration does not fit what runs.
package struct DriftError: Explainable {
  package let summary: String
  package let hints: [String]
}
