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

  /// A struct of its own: as a tuple in a task group it made Swift 6.3.1 copy wild memory in release builds.
  private struct Loaded: Sendable {
    let place: Place
    let tree: Result<Tree, any Error>
  }

  private let index: RepositoryIndex
  private let loadTree: @Sendable (ContentID) async throws -> Tree
  private var waiting: [Place] = []
  private(set) var referenced: Set<BlobHandle> = []
  private(set) var findings: [CheckFinding] = []
  private(set) var trees = 0
  /// Folders that could not be read: what lies below them is unknown.
  private(set) var unreadTrees = 0

  init(reader: RepositoryReader) { self.init(reader.index) { try await reader.loadTree($0) } }

  /// - Parameters:
  ///   - index: what a file's blobs are looked up in.
  ///   - loadTree: from wherever a tree can be had.
  init(_ index: RepositoryIndex, loadTree: @escaping @Sendable (ContentID) async throws -> Tree) {
    self.index = index
    self.loadTree = loadTree
  }

  var isDone: Bool { waiting.isEmpty }

  mutating func start(at tree: ContentID, of snapshot: String) { visit(tree, at: "\(snapshot): /") }

  /// Loads the next trees, several at once.
  mutating func step(atOnce count: Int) async throws {
    let places = waiting.suffix(count)
    waiting.removeLast(places.count)
    let loadTree = loadTree
    let loaded = try await withThrowingTaskGroup(of: Loaded.self) { group in
      for place in places {
        group.addTask {
          do {
            return Loaded(place: place, tree: .success(try await loadTree(place.tree)))
          } catch {
            if error is CancellationError { throw error }
            return Loaded(place: place, tree: .failure(error))
          }
        }
      }
      return try await group.reduce(into: [Loaded]()) { $0.append($1) }
    }
    for result in loaded {
      trees += 1
      switch result.tree {
      case .success(let tree): for node in tree.nodes { check(node, in: result.place.path) }
      case .failure(let error):
        unreadTrees += 1
        report(result.place.path, "cannot be read: \((error as? any Explainable)?.summary ?? "\(error)")")
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
