import Primitives
import ResticFormat
import Stores

/// Visits every tree the snapshots need once, and checks what it names.
struct TreeWalk {
  private struct Place: Sendable {
    let tree: ContentID
    /// For messages: the snapshot, then the path.
    let path: String
  }

  /// All of them are in memory at the same time: the largest folders there are have some MB.
  private static let treesInStep = 128

  private let index: RepositoryIndex
  private let load: @Sendable ([ContentID]) async throws -> [Result<Tree, any Error>]
  private var waiting: [Place] = []
  private(set) var referenced: Set<BlobHandle> = []
  private(set) var findings: [CheckFinding] = []
  private(set) var trees = 0
  /// Folders that could not be read: what lies below them is unknown.
  private(set) var unreadTrees = 0

  init(reader: RepositoryReader) { self.init(reader.index) { try await reader.eachTree($0) } }

  /// - Parameters:
  ///   - index: what a file's blobs are looked up in.
  ///   - load: gets trees from wherever they can be had, in the order they are asked for.
  init(_ index: RepositoryIndex, load: @escaping @Sendable ([ContentID]) async throws -> [Result<Tree, any Error>]) {
    self.index = index
    self.load = load
  }

  var isDone: Bool { waiting.isEmpty }

  mutating func start(at tree: ContentID, of snapshot: String) { visit(tree, at: "\(snapshot): /") }

  /// Loads the next trees, many at once.
  mutating func step() async throws {
    let places = Array(waiting.suffix(Self.treesInStep))
    waiting.removeLast(places.count)
    for (place, loaded) in zip(places, try await load(places.map(\.tree))) {
      trees += 1
      switch loaded {
      case .success(let tree): for node in tree.nodes { check(node, in: place.path) }
      case .failure(let error):
        unreadTrees += 1
        report(place.path, "cannot be read: \((error as? any Explainable)?.summary ?? "\(error)")")
      }
    }
  }

  private mutating func check(_ node: TreeNode, in folder: String) {
    if node.kind == .dir, let subtree = node.subtree { visit(subtree, at: "\(folder)\(node.displayName)/") }
    guard node.kind == .file else { return }
    var size = 0
    var missing = 0
    for id in node.content {
      let handle = BlobHandle(id, .data)
      referenced.insert(handle)
      if let place = index.location(of: handle) { size += place.blob.plaintextLength } else { missing += 1 }
    }
    if missing > 0 {
      report(folder + node.displayName, "\(missing) of its \(node.content.count) blobs are in no index")
    } else if UInt64(size) != node.size {
      report(folder + node.displayName, "is \(node.size) bytes long, but its blobs hold \(size)")
    }
  }

  private mutating func visit(_ tree: ContentID, at path: String) {
    guard referenced.insert(BlobHandle(tree, .tree)).inserted else { return }
    waiting.append(Place(tree: tree, path: path))
  }

  private mutating func report(_ object: String, _ message: String) {
    findings.append(CheckFinding(.error, object, message, remedy: Remedy.fetch))
  }
}
