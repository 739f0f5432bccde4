package import Deployments
import Files
package import Primitives
import SystemPackage

/// Decides what a restore of a deployment is going to do, or refuses. Changes nothing.
package struct BringBackPlanner: Sendable {
  private let manifest: Manifest
  private let snapshot: ContentID
  private let repository: String
  private let wishes: BringBackWishes
  private let engine: EngineSnapshot
  private let couchDBVersion: String?

  /// - Parameters:
  ///   - repository: its id.
  ///   - engine: where the deployment is going to run.
  ///   - couchDBVersion: of the image that the engine has under the name the snapshot's CouchDB ran from, if it has it.
  package init(
    manifest: Manifest, snapshot: ContentID, repository: String, wishes: BringBackWishes, engine: EngineSnapshot, couchDBVersion: String?
  ) {
    self.manifest = manifest
    self.snapshot = snapshot
    self.repository = repository
    self.wishes = wishes
    self.engine = engine
    self.couchDBVersion = couchDBVersion
  }

  /// - Parameters:
  ///   - environment: the `.env` of the snapshot, if it has one.
  ///   - stamp: of this run alone.
  package func plan(environment: EnvironmentFile?, stamp: String) throws -> BringBackPlan {
    guard !manifest.sources.isEmpty, let old = manifest.installation?.project,
      let service = manifest.storedSources.first(where: { $0.kind == .upgradeService })
    else {
      throw refusal(
        "snapshot '\(snapshot.short)' does not say where its parts were, or holds no upgrade service",
        "restore it to a folder and follow akiba/RECOVERY.md there: akiba restore \(snapshot.short) --to FOLDER")
    }
    let project = wishes.mapping.project ?? old
    let parts = try manifest.storedSources.map { source in
      BringBackPlan.Part(
        place: source.place, target: try target(of: source, old).string,
        volume: source.volume.map { wishes.mapping.map(volume: $0, of: old) }, isCouchDBs: source.isCouchDBs)
    }
    let suffix = ".before-restore-\(stamp)"
    let upgradeService = try target(of: service, old)
    let plan = BringBackPlan(
      repository: repository, snapshot: snapshot, project: project, upgradeService: upgradeService,
      staging: wishes.staging ?? staging(parts), suffix: suffix, parts: parts,
      neighbours: manifest.neighbours(of: FilePath(service.path)),
      environment: environment.map { EnvironmentChanges(of: $0, wishes.mapping) } ?? EnvironmentChanges(), nodes: wishes.nodes,
      renewsIdentities: wishes.renewsIdentities, acceptsUnproven: wishes.acceptsUnproven)
    let occupied = try plan.outermost.filter(isOccupied)
    try refuse(plan, occupied)
    return plan.occupied(at: occupied)
  }

  private func target(of source: Manifest.Source, _ old: String) throws -> FilePath {
    guard let volume = source.volume else {
      let path = wishes.mapping.map(FilePath(source.path))
      // Where a link leads to another disk, the data go on living there.
      return try FileMetadata.ifPresent(path) == nil ? path : path.resolved()
    }
    let name = wishes.mapping.map(volume: volume, of: old)
    guard let folder = engine.folder(ofVolume: name) else {
      throw refusal(
        "the engine does not say where volume '\(name)' has its files", "restore to a folder and follow akiba/RECOVERY.md there")
    }
    return folder
  }

  /// On the disk of the data, which are most of it.
  private func staging(_ parts: [BringBackPlan.Part]) -> FilePath {
    let data = parts.first { $0.isCouchDBs } ?? parts[0]
    return FilePath(data.target + ".akiba-restore")
  }

  // MARK: Refusals

  private func refuse(_ plan: BringBackPlan, _ occupied: [FilePath]) throws {
    if !manifest.facts.trusted, !wishes.acceptsMarked {
      throw refusal(
        "the backup that made snapshot '\(snapshot.short)' found something wrong with what it backed up",
        "see what: akiba verify \(snapshot.short); an older one may be whole: akiba snapshots; or take it as it is: --accept-marked")
    }
    if try isOccupied(FilePath(plan.staging)) {
      throw refusal(
        "'\(plan.staging)', where the snapshot is to be restored to first, is not empty",
        "remove it if it is of an earlier restore: rm -r \(plan.staging.asShellWord); or name another place on that disk: --staging FOLDER")
    }
    if let written = manifest.installation?.couchDBVersion, let here = couchDBVersion, Self.line(of: here) < Self.line(of: written) {
      throw refusal(
        "the CouchDB image on this host is of version \(here), and the data were written by \(written): an older CouchDB shows no databases",
        "remove that image, so that the right one is pulled: docker image ls, docker image rm IMAGE")
    }
    for rename in plan.nodes where !manifest.nodes.contains(where: { $0.name == rename.from }) {
      throw refusal(
        "snapshot '\(snapshot.short)' has no node '\(rename.from)'",
        "its nodes: \(manifest.nodes.map(\.name).joined(separator: ", ")); name one of them: --node OLD=NEW")
    }
    if engine.has(project: plan.project), !wishes.replaces {
      throw refusal(
        "this host already has containers or volumes of project '\(plan.project)'",
        "if CHT runs as it should, nothing is to be done; --replace stops it and moves its files aside")
    }
    if let folder = occupied.first, !wishes.replaces {
      throw refusal(
        "'\(folder)' is not empty", "add --replace to move it aside to '\(plan.aside(folder))', or put it elsewhere: --move OLD=NEW")
    }
    for target in plan.parts.map({ FilePath($0.target) }) {
      if let container = engine.users(of: target, besides: plan.project).first {
        throw refusal("container '\(container)' runs and has '\(target)' mounted", "stop it first: docker stop \(container)")
      }
    }
    if !engine.runs(project: plan.project) { try OpenFiles.refuse(in: plan) }
    for target in occupied where try MountPoints.current().contains(target) {
      throw refusal(
        "'\(target)' is where a disk is mounted, and cannot be moved aside",
        "mount the disk elsewhere, or put the data into a folder on it: --move \(target)=\(target.appending("cht"))")
    }
  }

  /// 3.5 of 3.5.2: within a line all read what the others wrote.
  private static func line(of version: String) -> (Int, Int) {
    let numbers = version.split(separator: ".").map { Int($0.prefix(while: \.isNumber)) ?? 0 }
    return (numbers.first ?? 0, numbers.dropFirst().first ?? 0)
  }

  private func refusal(_ summary: String, _ hint: String) -> RecoveryError { RecoveryError(.refused, summary, hints: [hint]) }

  private func isOccupied(_ path: FilePath) throws -> Bool {
    guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) else { return false }
    return try metadata.kind != .folder || !Folder.entries(of: path).isEmpty
  }
}
