import Deployments
import Files
import Primitives
import SystemPackage

/// What has to be another than it was in the snapshot, changed where it is staged. May be run again after it was cut short.
package struct StagedChanges {
  private static let largestEnvironment = 1 << 20
  private static let largestKey = 1 << 16

  private let plan: BringBackPlan

  package init(_ plan: BringBackPlan) { self.plan = plan }

  package func make() async throws {
    for part in plan.parts where part.isCouchDBs {
      let folder = try MovedDataFolder(plan.staged(part))
      for rename in plan.nodes { _ = try folder.renameNode(from: rename.from, to: rename.to) }
      if plan.renewsIdentities { _ = try await folder.renewIdentities(seed: plan.suffix) }
      try TreeCopy.give(plan.staged(part), to: Manifest.Source.couchDBUser)
    }
    try editEnvironment()
    try closeSecrets()
  }

  /// `.env` as it is going to be; the same bytes if nothing changes. Holds secrets.
  ///
  /// - Returns: `nil` if the snapshot has none.
  package func environment() throws -> (before: [UInt8], after: [UInt8])? {
    guard let path = environmentFile, try FileMetadata.ifPresent(path) != nil else { return nil }
    let file = try HeldFile(opening: path)
    let before = try file.bytes(at: 0, count: min(file.byteCount, Self.largestEnvironment))
    var after = before
    for change in plan.environment.changes { after = try EnvironmentFileEdit.setting(change.name, to: change.new, in: after) }
    return (before, try withSecrets(after))
  }

  private func editEnvironment() throws {
    guard let path = environmentFile, let (before, after) = try environment() else { return }
    let metadata = try FileMetadata.of(path)
    if before != after { try DurableFile.write(after, to: path) }
    try path.setMetadata(owner: (user: metadata.owner, group: metadata.group), permissions: 0o600)
  }

  /// CouchDB's settings and private keys are for their owner alone, whatever they were.
  private func closeSecrets() throws {
    let folders = plan.parts.filter { $0.place == CapturedFolder.Place.tls.snapshotPath || isSettings($0) }.map(plan.staged)
    for path in try folders.flatMap(TreeCopy.files) {
      let metadata = try FileMetadata.of(path, followingSymlinks: false)
      guard try isSecret(path, metadata) else { continue }
      try path.setMetadata(
        owner: (user: metadata.owner, group: metadata.group), permissions: metadata.permissions & 0o700, modified: metadata.modified)
    }
  }

  private func isSettings(_ part: BringBackPlan.Part) -> Bool { part.place.hasPrefix("couchdb/") && !part.isCouchDBs }

  /// Settings of another owner are left as they are: CouchDB reads them as a stranger.
  private func isSecret(_ path: FilePath, _ metadata: FileMetadata) throws -> Bool {
    if path.extension == "ini" { return metadata.owner == Manifest.Source.couchDBUser }
    let file = try HeldFile(opening: path)
    let text = try file.bytes(at: 0, count: min(file.byteCount, Self.largestKey))
    return String(decoding: text, as: UTF8.self).contains("PRIVATE KEY-----")
  }

  private var environmentFile: FilePath? {
    let place = CapturedFolder.Place.upgradeService.snapshotPath
    return plan.parts.first { $0.place == place }.map { plan.staged($0).appending(".env") }
  }

  /// Where they were left empty CouchDB's start script made them up, and they exist in its volume alone: lost with the next one.
  private func withSecrets(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = try EnvironmentFile(bytes: bytes) { _ in nil }
    let settings = try CouchSettings(reading: plan.parts.filter(isSettings).map(plan.staged))
    var edited = bytes
    if (file["COUCHDB_UUID"] ?? "").isEmpty, let uuid = settings.uuid {
      edited = try EnvironmentFileEdit.setting("COUCHDB_UUID", to: uuid, in: edited)
    }
    if (file["COUCHDB_SECRET"] ?? "").isEmpty, let secret = settings.vaultSecret {
      edited = try secret.withBytes {
        try EnvironmentFileEdit.setting("COUCHDB_SECRET", to: String(decoding: $0, as: UTF8.self), in: edited)
      }
    }
    return edited
  }
}
