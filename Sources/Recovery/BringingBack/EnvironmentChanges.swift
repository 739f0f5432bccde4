package import Deployments
import SystemPackage

/// Lines of `.env` that have to say something else than they did. No secret is among them.
package struct EnvironmentChanges: Codable, Equatable, Sendable {
  package struct Change: Codable, Equatable, Sendable {
    package let name: String
    /// `nil`: it was not set.
    package let old: String?
    package let new: String

    package init(name: String, old: String?, new: String) {
      self.name = name
      self.old = old
      self.new = new
    }
  }

  package var changes: [Change]

  package init(_ changes: [Change] = []) { self.changes = changes }

  /// Variables of CHT and its upgrade service that hold paths of the host.
  private static let paths = ["COUCHDB_DATA", "DB1_DATA", "DB2_DATA", "DB3_DATA", "CHT_COMPOSE_PATH", "DOCKER_CONFIG_PATH"]
  private static let project = "CHT_COMPOSE_PROJECT_NAME"

  /// What moving asks for.
  package init(of file: EnvironmentFile, _ mapping: Mapping) {
    changes = Self.paths.compactMap { name in
      guard let old = file[name], old.hasPrefix("/") else { return nil }
      let new = mapping.map(FilePath(old)).string
      return new == old ? nil : Change(name: name, old: old, new: new)
    }
    if let project = mapping.project, project != file[Self.project] ?? "cht" {
      changes.append(Change(name: Self.project, old: file[Self.project], new: project))
    }
  }
}
