import CouchFormat
import Files
import Primitives
import SystemPackage

extension MovedDataFolder {
  private static let shardMap = "_dbs.couch"
  private static let members = "_nodes.couch"

  /// What came of a renaming.
  package struct Renaming: Sendable, Equatable {
    /// Databases whose maps were written anew; 0 if an earlier run had done it.
    package var databases = 0
    /// `_nodes.couch` was removed, or named the new node when it was written anew beside other members.
    package var changedMembers = false

    package init() {}
  }

  /// Gives the shards of one node to another name: in the shard map, and among the members of the cluster.
  ///
  /// Of a folder moved to another server all databases are listed, and each request to one of them fails, until the map names the server
  /// itself. A foreign member makes a single node exit after some seconds, so a `_nodes.couch` that holds only the old name is removed;
  /// CouchDB makes a new one.
  ///
  /// - Throws: `nodeName` for a name that is none, or that the map does not know; `damagedSnapshot`.
  package func renameNode(from old: String, to new: String) throws -> Renaming {
    let renaming = NodeRenaming(from: try Self.name(old), to: try Self.name(new))
    guard renaming.old != renaming.new else {
      throw RecoveryError(.nodeName, "node '\(old)' has that name already", hints: ["name the node this data is to be served by"])
    }
    try removeUnfinished()
    var result = Renaming()
    let map = try open(Self.shardMap)
    if let rewritten = try naming(Self.shardMap, { try renaming.shardMap(map.source, map.header) }) {
      try replace(map, by: rewritten.bytes)
      result.databases = rewritten.documents
    } else {
      try requireRenamed(map, renaming)
    }
    result.changedMembers = try renameMember(renaming)
    return result
  }

  private static func name(_ text: String) throws -> NodeName {
    guard let name = NodeName(text) else {
      throw RecoveryError(
        .nodeName, "'\(text)' is not the name of a node",
        hints: ["a node's name looks like couchdb@127.0.0.1; see NODENAME, or -name in vm.args"])
    }
    return name
  }

  /// Nothing to rename is right only if an earlier run did it.
  private func requireRenamed(_ map: Opened, _ renaming: NodeRenaming) throws {
    let live = try naming(Self.shardMap) { try ShardMap(map.source, map.header).live }
    let names = Set(live.flatMap(\.byNode.keys)).sorted()
    if names.isEmpty || names.contains(renaming.new.description) { return }
    // A member of a cluster may hold no shard.
    if try memberNames().contains(renaming.old.description) { return }
    throw RecoveryError(
      .nodeName, "no database in '\(folder)' is on node '\(renaming.old)'",
      hints: ["the shard map names \(names.map { "'\($0)'" }.joined(separator: ", ")): rename one of these"])
  }

  private func renameMember(_ renaming: NodeRenaming) throws -> Bool {
    let names = try memberNames()
    guard names.contains(renaming.old.description) else { return false }
    let file = try open(Self.members)
    if names.count > 1, let rewritten = try naming(Self.members, { try renaming.members(file.source, file.header) }) {
      try replace(file, by: rewritten.bytes)
    } else {
      try file.path.removeFile()
      try Folder.sync(folder)
    }
    return true
  }

  private func memberNames() throws -> [String] {
    guard try FileMetadata.ifPresent(folder.appending(Self.members)) != nil else { return [] }
    let file = try open(Self.members)
    return try naming(Self.members) { try NodeNames.read(file.source, file.header) }
  }

  // MARK: One step

  /// Under a name that does not change, so that the next run finds what this one left.
  private static func part(of path: FilePath) -> FilePath {
    path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "file")\(PartFile.suffix)")
  }

  private func replace(_ file: Opened, by bytes: [UInt8]) throws {
    let part = try PartFile(creating: Self.part(of: file.path))
    let old = file.source.metadata
    do {
      try part.truncate(to: 0)
      try part.write(bytes, at: 0)
      try part.set(owner: (old.owner, old.group), permissions: old.permissions)
      try part.publish(as: file.path, replacing: true)
    } catch {
      part.discard()
      throw error
    }
  }

  private func removeUnfinished() throws {
    for name in [Self.shardMap, Self.members] {
      let part = Self.part(of: folder.appending(name))
      if try FileMetadata.ifPresent(part, followingSymlinks: false) != nil { try part.removeFile() }
    }
  }
}
