package import Primitives
package import ResticFormat
import Stores

extension RepositoryReader {
  /// Hands over a file's blobs in order, with few large reads: neighbours in one pack come together, and the next read runs
  /// while `body` works.
  ///
  /// - Parameters:
  ///   - content: data blobs, as a node lists them.
  ///   - body: gets the position in `content` and the plaintext.
  package func read(_ content: [ContentID], _ body: (_ position: Int, _ plaintext: [UInt8]) async throws -> Void) async throws {
    let spans = BlobSpan.spans(of: try content.map { try location(of: BlobHandle($0, .data)) })
    guard let first = spans.first else { return }
    var position = 0
    var plaintexts = try await fetch(first)
    for number in spans.indices {
      let following = number + 1 < spans.count ? spans[number + 1] : nil
      async let ahead = fetch(following)
      for plaintext in plaintexts {
        try Task.checkCancellation()
        try await body(position, plaintext)
        position += 1
      }
      plaintexts = try await ahead
    }
  }

  private func fetch(_ span: BlobSpan?) async throws -> [[UInt8]] {
    guard let span else { return [] }
    let bytes = try await self.bytes(of: span)
    return try span.blobs.map { try open(bytes[span.place(of: $0)], $0, in: span.pack) }
  }

  private func bytes(of span: BlobSpan) async throws -> [UInt8] {
    try await repository.store.bytes(of: .pack(span.pack), in: span.range)
  }
}

// MARK: Many folders

extension RepositoryReader {
  /// Bytes of one read: several go on at the same time.
  private static let longestReadOfTrees = 1 << 20

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

  /// As `readTrees`, for who needs no nodes.
  func readJSON(of trees: [ContentID], _ body: (_ position: Int, _ json: [UInt8]) async throws -> Void) async throws {
    var position = 0
    for span in BlobSpan.spans(of: try trees.map { try location(of: BlobHandle($0, .tree)) }, longestRead: Self.longestReadOfTrees) {
      let bytes = try await self.bytes(of: span)
      for blob in span.blobs {
        try Task.checkCancellation()
        try await body(position, try open(bytes[span.place(of: blob)], blob, in: span.pack))
        position += 1
      }
    }
  }
}
