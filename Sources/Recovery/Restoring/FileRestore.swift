import Files
import Primitives
import Repositories
import ResticFormat
import SystemPackage

/// Restores one file under a temporary name beside its final one. What is already there and right is not fetched again.
struct FileRestore {
  enum Outcome {
    /// Was there, whole.
    case kept
    /// Waits under its temporary name for everything to be made durable.
    case written(part: FilePath, fetched: Int)
  }

  let reader: RepositoryReader
  /// `nil`: owners are left to whoever runs the restore.
  let setsOwner: Bool

  static func partName(of path: FilePath) -> FilePath {
    path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "")\(PartFile.suffix)")
  }

  /// - Parameter mayExist: whether an older or interrupted restore may have left something.
  func restore(_ node: TreeNode, to path: FilePath, mayExist: Bool, fetched: (Int) -> Void) async throws -> Outcome {
    let part = Self.partName(of: path)
    let pieces = try self.pieces(of: node)
    if mayExist, let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false) {
      if metadata.kind == .file, metadata.size == Int(clamping: node.size), try differing(pieces, in: path).isEmpty {
        try path.setMetadata(owner: owner(of: node), permissions: node.mode.unixPermissions, modified: FileTime(node.modified))
        return .kept
      }
      // The name is given up first: while bytes are exchanged, no half file carries it.
      // A file with another name elsewhere is left to that name.
      if metadata.kind == .file, metadata.links == 1 { try path.renameFile(to: part) } else { try path.removeFile() }
    }
    return .written(part: part, fetched: try await stage(node, at: part, pieces, isNew: !mayExist, fetched: fetched))
  }

  /// Restores one file under a temporary name, whatever an interrupted run left there.
  ///
  /// - Returns: the bytes that had to be fetched.
  func stage(_ node: TreeNode, at part: FilePath, fetched: (Int) -> Void) async throws -> Int {
    try await stage(node, at: part, pieces(of: node), isNew: false, fetched: fetched)
  }

  private func stage(
    _ node: TreeNode, at part: FilePath, _ pieces: [Piece], isNew: Bool, fetched: (Int) -> Void
  ) async throws -> Int {
    let file = try PartFile(creating: part)
    let wanted = isNew ? Array(pieces.indices) : try differing(pieces, in: part)
    var bytes = 0
    try await reader.read(wanted.map { pieces[$0].blob }) { position, plaintext in
      try file.write(plaintext, at: pieces[wanted[position]].range.lowerBound)
      bytes += plaintext.count
      fetched(plaintext.count)
    }
    try file.truncate(to: Int(clamping: node.size))
    try file.set(owner: owner(of: node), permissions: node.mode.unixPermissions, modified: FileTime(node.modified))
    return bytes
  }

  /// Whether a file has exactly the bytes it has in the snapshot.
  func isWhole(_ node: TreeNode, at path: FilePath) throws -> Bool {
    guard let metadata = try FileMetadata.ifPresent(path), metadata.kind == .file, metadata.size == Int(clamping: node.size) else {
      return false
    }
    return try differing(pieces(of: node), in: path).isEmpty
  }

  private typealias Piece = (blob: ContentID, range: Range<Int>)

  private func pieces(of node: TreeNode) throws -> [Piece] {
    var offset = 0
    let pieces = try node.content.map { id in
      let length = try reader.length(of: id)
      defer { offset += length }
      return (blob: id, range: offset..<offset + length)
    }
    guard offset == Int(clamping: node.size) else {
      throw RecoveryError(
        .damagedSnapshot, "file '\(node.displayName)' has \(offset) bytes in the repository and \(node.size) in its folder's tree",
        hints: ["run 'akiba check' and restore from another location or an older snapshot"])
    }
    return pieces
  }

  /// Pieces whose bytes in the file are not theirs.
  private func differing(_ pieces: [Piece], in path: FilePath) throws -> [Int] {
    guard try FileMetadata.ifPresent(path)?.size ?? 0 > 0 else { return Array(pieces.indices) }
    let file = try HeldFile(opening: path)
    return try pieces.indices.filter { index in
      let range = pieces[index].range
      return try ContentID(hashing: file.bytes(at: range.lowerBound, count: range.count)) != pieces[index].blob
    }
  }

  private func owner(of node: TreeNode) -> (user: UInt32, group: UInt32)? {
    setsOwner ? (user: node.userID, group: node.groupID) : nil
  }
}

extension FileTime {
  init(_ time: Timestamp) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}

extension RepositoryReader {
  /// Plaintext bytes of a data blob.
  func length(of blob: ContentID) throws -> Int {
    guard let place = index.location(of: BlobHandle(blob, .data)) else {
      throw RecoveryError(
        .damagedSnapshot, "data blob '\(blob.short)' is in no index of repository '\(repository.address)'",
        hints: ["run 'akiba check'", "restore from another location"])
    }
    return place.blob.plaintextLength
  }
}
