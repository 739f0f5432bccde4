import Deployments
import Files
import Primitives
import Repositories
import ResticFormat

/// The tree of a snapshot while it is put together, by path.
struct SnapshotTree {
  private final class Branch {
    // By bytes: two names that Swift finds equal can be two files.
    var leaves: [[UInt8]: Leaf] = [:]
    var branches: [[UInt8]: Branch] = [:]
    var metadata: FileMetadata?
    /// Its tree is stored already, with all that is in it.
    var kept: ContentID?
    /// As it was last asked for: two paths that Swift finds equal can be two folders.
    var path: [UInt8] = []

    func close(as tree: ContentID) {
      kept = tree
      leaves = [:]
      branches = [:]
    }
  }

  /// What becomes a node when its folder is saved: a third of a node's size, and there are tens of thousands.
  private struct Leaf: Sendable {
    /// `nil` for a file that the backup writes itself.
    var metadata: FileMetadata?
    var content: [ContentID] = []
    /// Bytes of a file.
    var size = 0
    var linkTarget: [UInt8] = []
  }

  private final class Known {
    var branches: [String: Branch] = [:]
    /// Files come folder by folder.
    var last: Branch?
  }

  private let root = Branch()
  /// Branches by their path.
  private let known = Known()
  /// For folders that exist only in the snapshot.
  private let moment: Timestamp

  init(moment: Timestamp) { self.moment = moment }

  func add(_ file: CopiedFile) {
    place(Leaf(metadata: file.metadata, content: file.content, size: file.record.size), at: file.record.path)
  }

  /// A file that is written by the backup itself.
  func add(path: String, content: [ContentID], size: Int) { place(Leaf(content: content, size: size), at: path) }

  func add(symlink target: [UInt8], _ metadata: FileMetadata, at path: String) {
    place(Leaf(metadata: metadata, linkTarget: target), at: path)
  }

  func add(folder metadata: FileMetadata, at path: String) {
    branch(path).metadata = metadata
  }

  /// A folder that is stored already.
  func keep(_ folder: ContentID, _ metadata: FileMetadata?, at path: String) {
    let branch = branch(path)
    branch.kept = folder
    branch.metadata = metadata
  }

  private func place(_ leaf: Leaf, at path: String) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = Array(slash.map { path.utf8[path.utf8.index(after: $0)...] } ?? path.utf8[...])
    guard !name.isEmpty else { return }
    let folder = path[..<(slash ?? path.startIndex)]
    if let last = known.last, folder.utf8.elementsEqual(last.path) {
      last.leaves[name] = leaf
    } else {
      let branch = branch(String(folder))
      branch.leaves[name] = leaf
      known.last = branch
    }
  }

  private func branch(_ path: String) -> Branch {
    if let branch = known.branches[path], path.utf8.elementsEqual(branch.path) { return branch }
    let branch = path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init).reduce(root) { branch, name in
      if let below = branch.branches[name] { return below }
      let new = Branch()
      branch.branches[name] = new
      return new
    }
    branch.path = Array(path.utf8)
    known.branches[path] = branch
    return branch
  }

  /// Saves all trees, the deepest first, and lets go of what they were made of.
  ///
  /// - Returns: the root.
  func save(with writer: PackWriter) async throws -> ContentID {
    for level in levels.reversed() {
      let ids = try await AtOnce.mapRuns(of: level.map(folder), atMost: Self.lanes, longestRun: Self.foldersInRun) { folders in
        var ids: [ContentID] = []
        for folder in folders { ids.append(try await writer.save(folder.tree()).id) }
        return ids
      }
      for (branch, id) in zip(level, ids.joined()) { branch.close(as: id) }
    }
    guard let id = root.kept else { preconditionFailure("the root is the last to be saved") }
    return id
  }

  private static let lanes = 4
  private static let foldersInRun = 64

  /// Branches that are not stored yet, by depth.
  private var levels: [[Branch]] {
    var levels: [[Branch]] = []
    var level = root.kept == nil ? [root] : []
    while !level.isEmpty {
      levels.append(level)
      level = level.flatMap { $0.branches.values.filter { $0.kept == nil } }
    }
    return levels
  }

  private func folder(_ branch: Branch) -> Folder {
    Folder(
      leaves: branch.leaves,
      subfolders: branch.branches.compactMap { name, below in
        below.kept.map { Folder.Subfolder(name: name, metadata: below.metadata, tree: $0) }
      },
      moment: moment)
  }

  /// A folder whose subfolders are all saved.
  private struct Folder: Sendable {
    struct Subfolder: Sendable {
      let name: [UInt8]
      let metadata: FileMetadata?
      let tree: ContentID
    }

    let leaves: [[UInt8]: Leaf]
    let subfolders: [Subfolder]
    let moment: Timestamp

    func tree() throws -> Tree {
      var nodes = leaves.map { node(of: $1, named: $0) }
      for subfolder in subfolders { nodes.append(node(of: subfolder)) }
      return try Tree(nodes)
    }

    private func node(of subfolder: Subfolder) -> TreeNode {
      var node: TreeNode
      if let metadata = subfolder.metadata {
        node = TreeNode(metadata, named: subfolder.name)
        node.subtree = subfolder.tree
      } else {
        node = .folder("", subtree: subfolder.tree, modified: moment)
        node.name = subfolder.name
      }
      return node
    }

    private func node(of leaf: Leaf, named name: [UInt8]) -> TreeNode {
      var node: TreeNode
      if let metadata = leaf.metadata {
        node = TreeNode(metadata, named: name)
        node.content = leaf.content
        node.size = UInt64(leaf.size)
        node.linkTarget = leaf.linkTarget
      } else {
        node = .file("", content: leaf.content, size: UInt64(leaf.size), modified: moment)
        node.name = name
      }
      return node
    }
  }
}

extension TreeNode {
  /// Access times are left out: they would make every run store every folder again.
  init(_ metadata: FileMetadata, named name: [UInt8]) {
    let (kind, bits): (Kind, UInt32) =
      switch metadata.kind {
      case .folder: (.dir, 0o040000)
      case .symlink: (.symlink, 0o120000)
      case .file, .other: (.file, 0o100000)
      }
    self.init(
      name: name, kind: kind, mode: FileMode(unix: bits | metadata.permissions), modified: Timestamp(metadata.modified),
      changed: Timestamp(metadata.changed))
    userID = metadata.owner
    groupID = metadata.group
    inode = metadata.inode
    links = UInt64(metadata.links)
  }
}

extension Timestamp {
  init(_ time: FileTime) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}
