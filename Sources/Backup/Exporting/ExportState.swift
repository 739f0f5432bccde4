import Deployments
import Files
import FoundationEssentials
import Primitives
import SystemPackage

/// The file in an exported folder that says whose export it is, and by which each of CouchDB's files is known to be as it was left.
///
/// Together with the manifest it is the memory of the next export. Lost, it costs time: then files are compared with their digests.
struct ExportState: Codable {
  static let name = SnapshotLayout.exportState

  var deployment: String
  var host: String
  /// Digest of the manifest that `stamps` go with.
  var manifest: ContentID?
  /// By path in the tree.
  var stamps: [String: Stamp] = [:]
  /// What nothing may fall behind, if the manifest is marked: the records of the last one that was not.
  var yardstick: [String: CouchRecord]?

  /// What changes whenever anybody writes to a file, or puts another in its place.
  struct Stamp: Codable, Equatable {
    let size: Int
    let inode: UInt64
    let modified: [Int]
    /// Nobody can set this one back.
    let changed: [Int]

    init(_ metadata: FileMetadata) {
      size = metadata.size
      inode = metadata.inode
      modified = [metadata.modified.seconds, metadata.modified.nanoseconds]
      changed = [metadata.changed.seconds, metadata.changed.nanoseconds]
    }
  }

  static func read(in folder: FilePath) throws -> ExportState? {
    let path = folder.appending(name)
    guard try FileMetadata.ifPresent(path, followingSymlinks: false) != nil else { return nil }
    let file = try HeldFile(opening: path)
    guard let state = try? JSONDecoder().decode(ExportState.self, from: Data(file.bytes(at: 0, count: file.byteCount))) else {
      throw ExportError(
        .unusableTarget, "'\(path)' is not what an export wrote", hints: ["export into an empty folder"])
    }
    return state
  }

  func write(in folder: FilePath) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try DurableFile.write([UInt8](encoder.encode(self)), to: folder.appending(Self.name))
  }

  /// One that an export killed at that moment did not finish.
  static func isUnfinished(_ entry: FilePath.Component) -> Bool {
    entry.string.hasPrefix(".\(name.string)") && entry.string.hasSuffix(PartFile.suffix)
  }
}
