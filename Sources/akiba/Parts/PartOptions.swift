import ArgumentParser
import CouchFormat
import Deployments
import Recovery
import Repositories
import SystemPackage

/// `restore` of parts by name, and of a database beside the live one.
struct PartOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only this part: \(SnapshotPart.names); may be repeated.", valueName: "part"))
  var part: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only this shard's file, without its indexes, and the commands that put it in its place; may be repeated.", valueName: "range/name"))
  var shard: [String] = []

  @Option(
    help: ArgumentHelp(
      "Add the database, under this new name, to the data folder of a CouchDB that may be running. Nothing that is there is changed.",
      valueName: "new-name"))
  var beside: String?

  @Option(help: ArgumentHelp("CouchDB's live data folder, with --beside.", valueName: "folder"))
  var data: String?

  @Option(help: ArgumentHelp("Where the document for CouchDB's shard map is written, with --beside (default: here).", valueName: "file"))
  var map: String?

  func validate() throws {
    for name in part where SnapshotPart(rawValue: name) == nil {
      throw ValidationError("'\(name)' is no part that can be restored by name; there are \(SnapshotPart.names)")
    }
    for name in shard where ShardChoice(name) == nil {
      throw ValidationError("'\(name)' is no shard: name one like 00000000-7fffffff/medic, with or without its .TIMESTAMP")
    }
    if let beside {
      guard DatabaseName(beside) != nil else {
        throw ValidationError(
          "'\(beside)' is no name for a database: a-z, then a-z, 0-9 and _ $ ( ) + - /, and no part of it begins with an underscore")
      }
      if data == nil { throw ValidationError("--beside needs --data FOLDER, CouchDB's live data folder") }
      if !part.isEmpty || !shard.isEmpty { throw ValidationError("--beside takes a whole database: leave out --part and --shard") }
    } else if data != nil || map != nil {
      throw ValidationError("--data and --map belong to --beside")
    }
  }

  /// Whether anything of it was given.
  var isWanted: Bool { !part.isEmpty || !shard.isEmpty || beside != nil }

  func shards(in contents: SnapshotContents) throws -> [ShardChoice.Found] {
    try shard.compactMap(ShardChoice.init).map { try $0.find(in: contents) }
  }

  /// Parts and shards are paths like others.
  func paths(in contents: SnapshotContents) throws -> [String] {
    try part.compactMap(SnapshotPart.init).flatMap { try $0.paths(in: contents) } + shards(in: contents).map(\.path)
  }

  /// After a restore: how each shard gets where it belongs.
  func showPlacing(in contents: SnapshotContents, _ reader: RepositoryReader, restored: FilePath, _ console: Console) async throws {
    let found = try shards(in: contents)
    guard !found.isEmpty, let manifest = try await contents.manifest(reader) else { return }
    for shard in found {
      guard let node = manifest.nodes.first(where: { $0.name == shard.node }) else { continue }
      ShardPlacing(
        found: shard, restored: Environment.absolute(restored.string), dataFolder: FilePath(node.source), stamp: Environment.stamp
      ).show(on: console)
    }
  }
}

extension SnapshotPart {
  fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
