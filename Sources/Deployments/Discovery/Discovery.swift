package import CouchFormat
package import Files
import Primitives
import SystemPackage

/// What was found on this host: engines that answer, deployments on them, and what kept others from being found.
package struct Discovery: Sendable {
  package private(set) var deployments: [FoundDeployment] = []
  package private(set) var findings: [Finding] = []
  /// Engines that answered.
  package private(set) var engines: [Installation.Engine] = []

  /// Asks every engine of the list, one after the other.
  ///
  /// - Parameters:
  ///   - project: only this one is looked at.
  ///   - known: what a person said of it, in the configuration or on the command line.
  package init(endpoints: [DockerEndpoint], project only: String? = nil, known: Deployment? = nil, now: FileTime) async {
    var refusals: [Finding] = []
    var seen: Set<String> = []
    for endpoint in endpoints {
      do {
        let engine = try await DockerEngine.connect(to: endpoint)
        let snapshot = try await EngineSnapshot(of: engine)
        // One engine listens at several paths: links, and Docker's socket that Podman serves.
        guard seen.insert(snapshot.identity).inserted else { continue }
        engines.append(.init(name: snapshot.version.name, version: snapshot.version.version, endpoint: snapshot.endpoint))
        let volumes = EngineVolumes(engine: engine, snapshot: snapshot, now: now)
        let reader = HostReader(volumes: volumes)
        for project in ComposeProject.all(in: snapshot) where only == nil || project.name == only {
          var found = await ProjectSurvey(project: project, snapshot: snapshot, reader: reader, now: now, known: known).run()
          found.volumes = volumes
          deployments.append(found)
        }
      } catch {
        refusals.append(Self.refusal(endpoint, error))
      }
    }
    // An engine that answers makes those that do not uninteresting, unless somebody named it.
    if engines.isEmpty { findings += refusals }
    noteSharedNetworks()
  }

  private static func refusal(_ endpoint: DockerEndpoint, _ error: any Error) -> Finding {
    let explained = error as? any Explainable
    return Finding(
      .warning, .engineUnreachable, file: endpoint.description, message: explained?.summary ?? "\(error)",
      remedy: explained?.hints.first ?? "start it, or go on from paths: --cht-dir FOLDER")
  }

  /// CHT's network has a name of its own, so that two projects meet in it: each may then talk to the other's services.
  private mutating func noteSharedNetworks() {
    for (index, one) in deployments.enumerated() {
      for other in deployments[(index + 1)...] where one.installation.engine == other.installation.engine {
        for network in Set(one.installation.networks).intersection(other.installation.networks).sorted()
        where network != "host" && network != "none" {
          deployments[index].warn(
            .networkShared, network, "projects '\(one.name)' and '\(other.name)' share network '\(network)'",
            remedy: "give one of them a CHT_NETWORK of its own in its '.env'")
        }
      }
    }
  }
}

extension FindingKind {
  package static let networkShared = Self(rawValue: "network-shared")
}

extension EngineSnapshot {
  /// Of the engine, whatever path it was asked by.
  fileprivate var identity: String {
    "\(version.name) \(version.version) \(rootFolder?.string ?? endpoint) \(containers.map(\.id).sorted().joined())"
  }
}
