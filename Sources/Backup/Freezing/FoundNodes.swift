package import Deployments
package import ResticFormat

/// The data folders of a deployment as they are found before a freeze.
package struct FoundNodes: Sendable {
  /// After that it is worth listing them anew: what was made or removed meanwhile is not in the list.
  private static let lifetime = Duration.seconds(5)

  let plans: [NodePlan]

  /// Lists all of them and looks at each file, which takes a while where there are tens of thousands.
  ///
  /// - Throws: `DataFolderError`, `BackupError` for folders that are none or cannot be told apart.
  package init(in deployment: Deployment, now: () -> Timestamp) async throws { plans = try await NodePlan.all(of: deployment, now: now) }

  /// What is there now, if this was found so long ago that much may have changed, as when a lock was waited for.
  func fresh(in deployment: Deployment, now: () -> Timestamp) async throws -> FoundNodes {
    guard let begun = plans.map(\.begun).min(), begun.duration(to: now()) > Self.lifetime else { return self }
    return try await FoundNodes(in: deployment, now: now)
  }
}
