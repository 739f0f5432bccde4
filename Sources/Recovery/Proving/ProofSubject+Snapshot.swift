import CouchFormat
import Deployments
import Files
import Primitives
package import Repositories
import ResticFormat
package import SystemPackage

extension ProofSubject {
  /// A file up to this size is proven in memory, a larger one on encrypted scratch.
  private static let largestInMemory = 32 << 20

  /// A snapshot where it lies.
  ///
  /// - Parameter scratch: a folder with room for the largest files; two at a time lie there, encrypted.
  package init(_ contents: SnapshotContents, _ reader: RepositoryReader, scratch: FilePath) async throws {
    guard let manifest = try await contents.manifest(reader) else {
      throw RecoveryError(
        .notARestore, "snapshot '\(contents.id.short)' was not made by akiba: it has no '\(SnapshotLayout.manifest)'",
        hints: ["'akiba snapshots' lists those that were"])
    }
    self.init(kind: .snapshot, nodes: [])
    self.manifest = manifest
    var nodes: [String: Node] = [:]
    for name in manifest.nodes.map(\.name) {
      nodes[name] = Node(name: name, prefix: SnapshotLayout.dataFolder(node: name) + "/", files: [:])
    }
    for item in contents.files {
      let file = File(path: item.path, open: { try await Self.fetch(item.node, reader, scratch: scratch) })
      if let (node, path) = SnapshotLayout.dataPath(item.path), nodes[node] != nil {
        nodes[node]?.files[path] = file
      } else {
        plain[item.path] = file
      }
    }
    self.nodes = manifest.nodes.compactMap { nodes[$0.name] }
  }

  private static func fetch(_ node: TreeNode, _ reader: RepositoryReader, scratch: FilePath) async throws -> any RandomAccess {
    let size = try node.content.reduce(0) { try $0 + reader.length(of: $1) }
    guard size == Int(clamping: node.size) else {
      throw RecoveryError(
        .damagedSnapshot, "it has \(size) bytes in the repository and \(node.size) in its folder's tree", hints: ["run 'akiba check'"])
    }
    if size <= largestInMemory { return MemoryBytes(try await reader.load(node.content)) }
    let file = try SealedScratch(in: scratch, byteCount: size)
    var offset = 0
    try await reader.read(node.content) { _, piece in
      try file.write(piece, at: offset)
      offset += piece.count
    }
    return file
  }
}
