package import Primitives
package import ResticFormat
import Stores
import Synchronization

/// Reads blobs, trees and snapshots of one copy. Everything read is compared with its name.
package final class RepositoryReader: Sendable {
  private static let cachedTrees = 256

  package let repository: Repository
  package let index: RepositoryIndex
  private let trees = Mutex(RecentTrees(capacity: cachedTrees))

  package init(_ repository: Repository, index: RepositoryIndex) {
    self.repository = repository
    self.index = index
  }

  /// - Throws: `notFound` if no index names the blob; `damaged` if it does not open or is not what its name says.
  package func loadBlob(_ handle: BlobHandle) async throws -> [UInt8] {
    let place = try location(of: handle)
    let range = place.blob.offset..<place.blob.offset + place.blob.length
    let sealed = try await repository.store.bytes(of: .pack(place.pack), in: range)
    return try open(sealed[...], place.blob, in: place.pack)
  }

  package func loadTree(_ id: ContentID) async throws -> Tree {
    if let tree = trees.withLock({ $0[id] }) { return tree }
    let json = try await loadBlob(BlobHandle(id, .tree))
    let tree = try decodedTree(json, id)
    trees.withLock { $0[id] = tree }
    return tree
  }

  func decodedTree(_ json: [UInt8], _ id: ContentID) throws -> Tree {
    try repository.damaged(BlobHandle(id, .tree)) { () throws(FormatError) in try Tree.decode(json) }
  }

  /// The node at `path` below a tree, parts joined with `/`.
  ///
  /// - Returns: `nil` if there is none. Throws for a part that is no folder only by finding nothing.
  package func node(at path: String, in tree: ContentID) async throws -> TreeNode? {
    var node: TreeNode?
    var folder: ContentID? = tree
    for part in path.split(separator: "/") {
      guard let id = folder, let found = try await loadTree(id).node(named: String(part)) else { return nil }
      node = found
      folder = found.subtree
    }
    return node
  }

  func location(of handle: BlobHandle) throws -> RepositoryIndex.Location {
    guard let place = index.location(of: handle) else { throw unknown(handle) }
    return place
  }

  func unknown(_ handle: BlobHandle) -> RepositoryError {
    RepositoryError(
      .notFound, "no index of repository '\(repository.address)' names \(handle)",
      hints: ["run 'check' to list what is affected", "another location of the same repository may have it"])
  }

  func open(_ sealed: ArraySlice<UInt8>, _ blob: PackedBlob, in pack: ContentID) throws -> [UInt8] {
    try repository.damaged("\(blob.handle) of \(ObjectName.pack(pack))") { () throws(FormatError) in
      try repository.sealing.open(sealed, as: blob.handle.id, uncompressedLength: blob.uncompressedLength)
    }
  }
}

/// The trees looked at last.
private struct RecentTrees {
  private let capacity: Int
  private var trees: [ContentID: (tree: Tree, used: Int)] = [:]
  private var uses = 0

  init(capacity: Int) { self.capacity = capacity }

  subscript(id: ContentID) -> Tree? {
    mutating get {
      guard let tree = trees[id]?.tree else { return nil }
      uses += 1
      trees[id]?.used = uses
      return tree
    }
    set {
      guard let newValue else { return }
      if trees.count >= capacity {
        let median = trees.values.map(\.used).sorted()[trees.count / 2]
        trees = trees.filter { $0.value.used > median }  // half at a time: no list to keep in order
      }
      uses += 1
      trees[id] = (newValue, uses)
    }
  }
}
