package import CouchFormat
import Deployments
import Primitives

/// One shard as a person names it: `RANGE/NAME`, with or without its `.TIMESTAMP`, or its whole path.
package struct ShardChoice: Hashable, Sendable {
  private let range: HashRange
  private let database: String
  /// `nil`: whichever there is.
  private let suffix: String?

  package init?(_ text: String) {
    let stem = text.replacing(/^shards\//, with: "").replacing(/\.couch$/, with: "")
    if let shard = ShardPath("shards/\(stem).couch") {
      range = shard.range
      database = shard.database
      suffix = shard.suffix
      return
    }
    let parts = stem.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let range = HashRange(parts[0]) else { return nil }
    self.range = range
    database = String(parts[1])
    suffix = nil
  }

  /// Where the shard is.
  package struct Found: Hashable, Sendable {
    package let node: String
    package let shard: ShardPath
    /// Path in the snapshot.
    package var path: String { "\(SnapshotLayout.dataFolder(node: node))/\(shard.path)" }
  }

  /// - Throws: `nothingSelected` if no shard, or more than one, is meant.
  package func find(in contents: SnapshotContents) throws -> Found {
    let all = Self.shards(of: contents)
    let found = all.filter { $0.shard.range == range && $0.shard.database == database && suffix ?? $0.shard.suffix == $0.shard.suffix }
    guard let first = found.first else {
      throw RecoveryError(
        .nothingSelected, "snapshot '\(contents.id.short)' has no shard '\(description)'", hints: [hint(all, contents)])
    }
    guard found.count == 1 else {
      throw RecoveryError(
        .nothingSelected, "snapshot '\(contents.id.short)' has \(found.count) shards '\(description)'",
        hints: ["name one of them with --path: \(found.map(\.path).joined(separator: ", "))"])
    }
    return first
  }

  private var description: String { "\(range)/\(database)\(suffix ?? "")" }

  private func hint(_ all: [Found], _ contents: SnapshotContents) -> String {
    let ofDatabase = all.filter { $0.shard.database == database }
    guard !ofDatabase.isEmpty else { return "it has these databases: \(Set(all.map(\.shard.database)).sorted().joined(separator: ", "))" }
    return "it has: " + Set(ofDatabase.map { "\($0.shard.range)/\(database)\($0.shard.suffix)" }).sorted().joined(separator: ", ")
  }

  private static func shards(of contents: SnapshotContents) -> [Found] {
    contents.files.compactMap { item in
      guard let (node, path) = SnapshotLayout.dataPath(item.path), case .shard(let shard) = DataFolderEntry(path: path) else { return nil }
      return Found(node: node, shard: shard)
    }
  }
}
