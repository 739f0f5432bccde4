package import Deployments
package import Primitives
package import Repositories
package import ResticFormat

/// What a snapshot holds, by path.
package struct SnapshotContents: Sendable {
  package struct Item: Sendable {
    package let path: String
    package let node: TreeNode
  }

  package let id: ContentID
  package let snapshot: Snapshot
  /// Folders before what is in them; otherwise by path.
  package private(set) var items: [Item]

  /// Walks all trees.
  package init(of stored: StoredSnapshot, reader: RepositoryReader) async throws {
    id = stored.id
    snapshot = stored.snapshot
    items = try await reader.walk(stored.snapshot.tree) { [id] path, tree in
      try tree.nodes.map { node in
        guard TreeNode.isSafe(name: node.name) else {
          throw RecoveryError(.damagedSnapshot, "snapshot '\(id.short)' holds the name '\(node.displayName)', which cannot be a file's")
        }
        return Item(path: path.isEmpty ? node.displayName : "\(path)/\(node.displayName)", node: node)
      }
    }.flatMap { $0 }.sorted { $0.path < $1.path }
  }

  package var files: [Item] { items.filter { $0.node.kind == .file } }

  /// The manifest, `nil` for a snapshot that akiba did not make.
  package func manifest(_ reader: RepositoryReader) async throws -> Manifest? {
    guard let item = items.first(where: { $0.path == SnapshotLayout.manifest }) else { return nil }
    return try Manifest(text: await reader.load(item.node.content))
  }
}
