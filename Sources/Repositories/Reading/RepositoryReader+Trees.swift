package import Primitives
package import ResticFormat

/// Many folders at once: a snapshot has tens of thousands, and one after another each would be a read of its own.
extension RepositoryReader {
  static let lanes = 4
  static let foldersInRun = 64
  /// Bytes of one read: several go on at the same time.
  static let longestSharedRead = 1 << 20

  private struct Folder: Sendable {
    let path: String
    let tree: ContentID
  }

  private struct Visited<Found: Sendable>: Sendable {
    var found: [Found] = []
    var subfolders: [Folder] = []
  }

  /// Visits a folder and all below it, level by level.
  ///
  /// - Parameter visit: gets the path below `root`, empty for itself. Called for several at the same time.
  /// - Returns: what `visit` made of each, in no order but parents first.
  package func walk<Found: Sendable>(
    _ root: ContentID, _ visit: @escaping @Sendable (_ path: String, _ tree: Tree) throws -> Found
  ) async throws -> [Found] {
    var found: [Found] = []
    var open = [Folder(path: "", tree: root)]
    while !open.isEmpty {
      let runs = try await AtOnce.mapRuns(of: inStoredOrder(open, \.tree), atMost: Self.lanes, longestRun: Self.foldersInRun) {
        try await self.visit(Array($0), visit)
      }
      open = runs.flatMap(\.subfolders)
      for run in runs { found += run.found }
    }
    return found
  }

  private func visit<Found: Sendable>(
    _ folders: [Folder], _ visit: @Sendable (_ path: String, _ tree: Tree) throws -> Found
  ) async throws -> Visited<Found> {
    var visited = Visited<Found>()
    try await readTrees(folders.map(\.tree)) { position, tree in
      let path = folders[position].path
      visited.found.append(try visit(path, tree))
      for node in tree.nodes {
        if let subtree = node.subtree {
          visited.subfolders.append(Folder(path: path.isEmpty ? node.displayName : "\(path)/\(node.displayName)", tree: subtree))
        }
      }
    }
    return visited
  }

  /// The same items, by where their trees lie in the packs.
  package func inStoredOrder<Item>(_ items: [Item], _ tree: (Item) -> ContentID) -> [Item] {
    let placed = items.map { item in
      let place = index.location(of: BlobHandle(tree(item), .tree))
      return (item: item, key: (place?.pack ?? ContentID(hashing: []), place?.blob.offset ?? 0))
    }
    return placed.sorted { $0.key < $1.key }.map(\.item)
  }

  /// Hands over trees, with one read for many that lie beside each other.
  ///
  /// - Parameters:
  ///   - trees: in stored order.
  ///   - body: gets the position in `trees`.
  package func readTrees(_ trees: [ContentID], _ body: (_ position: Int, _ tree: Tree) async throws -> Void) async throws {
    try await readJSON(of: trees) { position, json in
      try await body(position, try decodedTree(json, trees[position]))
    }
  }

  /// In the order they are asked for; of those that cannot be read, the reason.
  func eachTree(_ trees: [ContentID]) async throws -> [Result<Tree, any Error>] {
    let known = trees.indices.filter { index.contains(BlobHandle(trees[$0], .tree)) }
    let order = inStoredOrder(known) { trees[$0] }
    let runs = try await AtOnce.mapRuns(of: order, atMost: Self.lanes, longestRun: Self.foldersInRun) { positions in
      try await self.results(positions.map { trees[$0] })
    }
    let found = Dictionary(uniqueKeysWithValues: zip(order, runs.joined()))
    return trees.indices.map { position in found[position] ?? .failure(unknown(BlobHandle(trees[position], .tree))) }
  }

  /// - Parameter trees: in stored order.
  private func results(_ trees: [ContentID]) async throws -> [Result<Tree, any Error>] {
    var results: [Result<Tree, any Error>] = []
    do {
      try await readTrees(trees) { _, tree in results.append(.success(tree)) }
      return results
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return try await oneByOne(trees)
    }
  }

  /// One that is damaged leaves the others theirs.
  private func oneByOne(_ trees: [ContentID]) async throws -> [Result<Tree, any Error>] {
    try await AtOnce.map(trees, atMost: Self.lanes) { tree in
      do { return .success(try await self.loadTree(tree)) } catch is CancellationError { throw CancellationError() } catch {
        return .failure(error)
      }
    }
  }

  /// As `readTrees`, for who needs no nodes.
  func readJSON(of trees: [ContentID], _ body: (_ position: Int, _ json: [UInt8]) async throws -> Void) async throws {
    var position = 0
    // Many folders may be alike: without indexes, all that had some are empty.
    let distinct = trees.indices.filter { $0 == 0 || trees[$0] != trees[$0 - 1] }.map { trees[$0] }
    for span in BlobSpan.spans(of: try distinct.map { try location(of: BlobHandle($0, .tree)) }, longestRead: Self.longestSharedRead) {
      let bytes = try await self.bytes(of: span)
      for blob in span.blobs {
        try Task.checkCancellation()
        let json = try open(bytes[span.place(of: blob)], blob, in: span.pack)
        repeat {
          try await body(position, json)
          position += 1
        } while position < trees.count && trees[position] == blob.handle.id
      }
    }
  }
}
