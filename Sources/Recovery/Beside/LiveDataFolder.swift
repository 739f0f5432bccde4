import CouchFormat
import Deployments
import Files
import SystemPackage

/// The data folder of a CouchDB that may be running: looked at, and only ever added to.
struct LiveDataFolder {
  let root: FilePath
  /// Names of its databases, deleted ones left out.
  let databases: Set<String>
  /// The node it belongs to.
  let node: String
  /// CouchDB's files and folders as they look: what is added has to look the same.
  let file: FileMetadata
  let folder: FileMetadata
  private let listing: DataFolderListing

  /// - Throws: `DataFolderError` for a folder that is none; `notPossible` if the shard map cannot be read.
  init(_ root: FilePath) async throws {
    try DataFolderError.check(root)
    self.root = root
    let map = try Self.map(in: root)
    databases = Set(map.live.map(\.database))
    listing = try await DataFolderListing(scanning: root)
    let files = Set(listing.files.map(\.path))
    node = NodeNaming.infer(from: map, members: try Self.members(in: root)) { files.contains($0) }
    file = try FileMetadata.of(root.appending(Self.mapFile))
    folder = try FileMetadata.ifPresent(root.appending("shards")) ?? FileMetadata.of(root)
  }

  /// Shards and indexes of a database of this name, whether the map knows it or not.
  func files(of database: String) -> [String] { listing.files.map(\.path).filter { Self.database(of: $0) == database }.sorted() }

  /// What a run that was killed left of such files.
  func unfinishedFiles(of database: String) -> [String] {
    listing.foreign.filter { path in Self.finished(path).map { Self.database(of: $0) == database } ?? false }.sorted()
  }

  private static let mapFile = "_dbs.couch"

  private static func database(of path: String) -> String? {
    switch DataFolderEntry(path: path) {
    case .shard(let shard), .shardIndex(let shard, _): shard.database
    default: nil
    }
  }

  /// The name that a temporary one stands for.
  private static func finished(_ path: String) -> String? {
    guard path.hasSuffix(PartFile.suffix), let slash = path.lastIndex(of: "/") else { return nil }
    let name = path[path.index(after: slash)...]
    guard name.hasPrefix(".") else { return nil }
    return String(path[...slash]) + name.dropFirst().dropLast(PartFile.suffix.count)
  }

  private static func map(in root: FilePath) throws -> ShardMap {
    do {
      let source = try HeldFile(opening: root.appending(mapFile))
      if let header = try HeaderSearch.newest(in: source) { return try ShardMap(source, header) }
    } catch let error as CouchFormatError where error.kind != .cancelled {
      throw unreadable(root, error.summary)
    }
    throw unreadable(root, "it has no valid header")
  }

  private static func unreadable(_ root: FilePath, _ reason: String) -> RecoveryError {
    RecoveryError(
      .notPossible, "the shard map '\(mapFile)' in '\(root)' cannot be read: \(reason)",
      hints: ["see what is wrong with it: akiba verify --data '\(root)'"])
  }

  private static func members(in root: FilePath) throws -> [String] {
    guard let source = try? HeldFile(opening: root.appending("_nodes.couch")), let header = try? HeaderSearch.newest(in: source) else {
      return []
    }
    return (try? NodeNames.read(source, header)) ?? []
  }
}
