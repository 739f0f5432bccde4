import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

extension MovedDataFolder {
  /// What came of renewing identities.
  package struct Renewal: Sendable, Equatable {
    package var shards = 0
    /// Of these, shards that an earlier run had renewed.
    package var alreadyRenewed = 0

    package init(shards: Int = 0, alreadyRenewed: Int = 0) {
      self.shards = shards
      self.alreadyRenewed = alreadyRenewed
    }
  }

  /// Gives every shard a new uuid, so that consumers with a position from after the restored moment start from 0 instead of never
  /// hearing of what comes next.
  ///
  /// They read everything once more. Not for a cluster in which other copies of the shards live on: those know each other by their uuids.
  /// A header is added behind the newest one, and nothing else changes; files are no longer those of the manifest afterwards.
  ///
  /// - Parameter seed: The same for all runs of one restore, another for the next: from it and the old uuid the new one is made.
  /// - Throws: `damagedSnapshot` for a shard that has no valid header, or bytes behind it that no earlier run wrote.
  package func renewIdentities(seed: String) async throws -> Renewal {
    var renewal = Renewal()
    for file in try await DataFolderListing(scanning: folder).files.sorted(by: { $0.path < $1.path }) {
      guard case .shard = file.entry else { continue }
      try Task.checkCancellation()
      let shard = try open(file.path)
      renewal.shards += 1
      if try naming(file.path, { try ShardIdentity.isRenewed(shard.header, in: shard.source, seed: seed) }) {
        // It is there; whether it would survive a power loss, only its writer knew.
        try shard.path.syncFile()
        renewal.alreadyRenewed += 1
      } else {
        try renew(file.path, shard, seed)
      }
    }
    return renewal
  }

  private func renew(_ name: String, _ shard: Opened, _ seed: String) throws {
    let end = shard.header.end
    guard let bytes = try naming(name, { try ShardIdentity.renewal(of: shard.header, at: end, seed: seed) }) else { return }
    let tail = try shard.source.bytes(at: end, count: bytes.count + 1)
    guard Self.isBeginning(tail, of: bytes) else {
      throw RecoveryError(
        .damagedSnapshot,
        "'\(name)' in '\(folder)' has \(shard.source.byteCount - end) bytes behind its newest header that are not of this restore",
        hints: ["restore into an empty folder; if CouchDB ran on it since, it needs no new identities from here"])
    }
    try DurableFile.grow(shard.path, at: end, by: bytes)
  }

  /// Whether `tail` is what an interrupted write of `bytes` leaves: a part of them, and zeros where the disk never got the rest.
  private static func isBeginning(_ tail: [UInt8], of bytes: [UInt8]) -> Bool {
    tail.count <= bytes.count && zip(tail, bytes).allSatisfy { $0 == 0 || $0 == $1 }
  }
}
