import Deployments

extension Configuration {
  /// What can be learned about the deployment now.
  func survey() throws -> ConfiguredSurvey {
    ConfiguredSurvey(
      of: deployment, kind: kind, project: docker?.project,
      endpoints: docker == nil ? [] : try Environment.endpoints(named: docker?.engine),
      now: Environment.now)
  }
}
