import CouchFormat
import Deployments
import Primitives

extension Configuration {
  /// What can be learned about the deployment now.
  ///
  /// An environment that names an engine nobody can ask is a finding, as is an engine that does not answer: the paths are known.
  /// - Throws: `DriftError` if CouchDB has another data folder mounted than the one that is configured.
  func survey() async throws -> FoundDeployment {
    var endpoints: [DockerEndpoint] = []
    var refusal: Finding?
    if let docker {
      do {
        endpoints = try Environment.endpoints(named: docker.engine)
      } catch {
        refusal = Self.refusal(error)
      }
    }
    let survey = ConfiguredSurvey(of: deployment, kind: kind, project: docker?.project, endpoints: endpoints, now: Environment.now)
    var found = try await survey.run()
    if let refusal { found.findings.append(refusal) }
    return found
  }

  private static func refusal(_ error: any Error) -> Finding {
    let explained = error as? any Explainable
    return Finding(
      .warning, .engineUnreachable, file: "docker", message: "the container engine cannot be asked: \(explained?.summary ?? "\(error)")",
      remedy: "name it in the configuration, for example 'engine: unix:///var/run/docker.sock' under 'docker:'")
  }
}
