import Deployments
package import Primitives
package import SystemPackage

/// What a restore of a deployment puts where. Decided before anything is changed, kept in the journal, and never changed afterwards.
package struct BringBackPlan: Codable, Equatable, Sendable {
  /// One part of the snapshot.
  package struct Part: Codable, Equatable, Sendable {
    /// Its path in the snapshot.
    package let place: String
    /// Where it goes; of a volume: where the engine has its files.
    package let target: String
    package let volume: String?
    /// To be owned by CouchDB's user.
    package let isCouchDBs: Bool

    package init(place: String, target: String, volume: String?, isCouchDBs: Bool) {
      self.place = place
      self.target = target
      self.volume = volume
      self.isCouchDBs = isCouchDBs
    }
  }

  package struct NodeRename: Codable, Equatable, Sendable {
    package let from: String
    package let to: String

    package init(from: String, to: String) {
      self.from = from
      self.to = to
    }
  }

  package let repository: String
  package let snapshot: ContentID
  /// The compose project as it is going to be called.
  package let project: String
  package let upgradeService: String
  /// The folder the snapshot is restored into, on the disk of the data: what is proven there is put in its place by rename.
  package let staging: String
  /// What the names of what was there before end in. Of this run alone, so that its presence tells what was moved.
  package let suffix: String
  /// Those that contain others first.
  package let parts: [Part]
  /// Names in the upgrade service's folder that are no part of the installation, and stay.
  package let neighbours: [String]
  package let environment: EnvironmentChanges
  package let nodes: [NodeRename]
  package let renewsIdentities: Bool
  package var acceptsUnproven: Bool
  /// Of the outermost targets those at which something was when this was planned.
  package private(set) var occupied: [String]

  package init(
    repository: String, snapshot: ContentID, project: String, upgradeService: FilePath, staging: FilePath, suffix: String, parts: [Part],
    neighbours: [String], environment: EnvironmentChanges = EnvironmentChanges(), nodes: [NodeRename] = [],
    renewsIdentities: Bool = false, acceptsUnproven: Bool = false
  ) {
    self.repository = repository
    self.snapshot = snapshot
    self.project = project
    self.upgradeService = upgradeService.string
    self.staging = staging.string
    self.suffix = suffix
    self.parts = parts.sorted { FilePath($0.target).components.count < FilePath($1.target).components.count }
    self.neighbours = neighbours
    self.environment = environment
    self.nodes = nodes
    self.renewsIdentities = renewsIdentities
    self.acceptsUnproven = acceptsUnproven
    occupied = []
  }

  package func occupied(at targets: [FilePath]) -> BringBackPlan {
    var copy = self
    copy.occupied = targets.map(\.string)
    return copy
  }

  /// Targets that lie in none of the others: these take the rest along when they are moved.
  package var outermost: [FilePath] {
    var found: [FilePath] = []
    for target in parts.map({ FilePath($0.target) }) where !found.contains(where: target.starts) { found.append(target) }
    return found
  }

  /// What was at `target` before.
  package func aside(_ target: FilePath) -> FilePath { FilePath(target.string + suffix) }

  /// Where what was in the way goes.
  package var asides: [FilePath] { occupied.map { aside(FilePath($0)) } }

  /// Files beside CHT's own that go elsewhere: whatever names them is not rewritten.
  package var movedExtras: [(old: String, new: String)] {
    let prefix = CapturedFolder.Place.extra.snapshotPath
    return parts.filter { $0.place.hasPrefix(prefix + "/") }.map { (old: String($0.place.dropFirst(prefix.count)), new: $0.target) }
      .filter { $0.old != $0.new }
  }

  func staged(_ part: Part) -> FilePath { FilePath(staging).appending(FilePath(part.place).components) }
}
